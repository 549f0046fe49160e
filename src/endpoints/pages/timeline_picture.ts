// The rings as one SVG that stands alone: its own ground, its own style, for a README, a dashboard or an `<img>`.
import { html, raw } from 'hono/html';
import type { RingTimeline } from '../../keys/timeline.ts';
import { describeRing, drawingHeightOf, legend, type Markup, ringDrawing } from './timeline_drawing.ts';

const width = 960;
const margin = 28;
const heading = 34;
const gap = 26;

/** Rules of the standing picture, after `drawingStyle`. */
export const pictureStyle = `
.ground { fill: var(--card); stroke: var(--line); }
.drawing .heading { fill: var(--ink); font-size: 16px; font-weight: 650; }
`;

interface Placed {
  readonly ring: RingTimeline;
  readonly y: number;
}

const place = (rings: readonly RingTimeline[]): { readonly placed: readonly Placed[]; readonly height: number } => {
  let y = margin;
  const placed = rings.map((ring) => {
    const at = { ring, y };
    y += heading + drawingHeightOf(ring) + gap;
    return at;
  });
  return { placed, height: y - gap + margin };
};

/** @param style - `drawingStyle` and `pictureStyle`, whose hash the response's CSP names. */
export const timelinePicture = (rings: readonly RingTimeline[], style: string): Markup => {
  const { placed, height } = place(rings);
  return html`<svg xmlns="http://www.w3.org/2000/svg" class="drawing" role="img" aria-labelledby="title desc" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title id="title">Signing keys over time</title>
<desc id="desc">${rings.map(describeRing).join(' ')}</desc>
<style>${raw(style)}</style>
<rect class="ground" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="14"/>
${legend.drawing(width - margin - legend.width, margin + 9)}
${placed.map(
  ({ ring, y }) => html`<text class="heading" x="${margin}" y="${y + 14}">${ring.alg}</text>
<svg x="${margin}" y="${y + heading}" width="${width - 2 * margin}" height="${drawingHeightOf(ring)}">
${ringDrawing(ring)}
</svg>
`,
)}</svg>
`;
};
