// /timeline.svg: both rings as a picture, drawn when asked for, of what the key set makes public anyway.
import { timelinesOf } from '../keys/timeline.ts';
import { hashSourceOf } from '../login/pages/style.ts';
import type { Endpoint } from './endpoint.ts';
import { drawingStyle } from './pages/drawing_style.ts';
import { pictureStyle, timelinePicture } from './pages/timeline_picture.ts';

export const timeline: Endpoint = ({ keyRing, clock, config }) => {
  const style = drawingStyle + pictureStyle;
  const policy = `default-src 'none'; style-src ${hashSourceOf(style)}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;
  return {
    GET: async (context) => {
      const picture = await timelinePicture(timelinesOf(keyRing.keys, config.policy, clock.now()), style);
      return context.body(picture.toString(), 200, {
        'Content-Type': 'image/svg+xml; charset=utf-8',
        'Content-Security-Policy': policy,
        'Cache-Control': 'public, no-cache',
      });
    },
  };
};
