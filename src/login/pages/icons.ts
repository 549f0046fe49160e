// The mark of Keyturn and the icons of the pages: drawn here, decorative always (the words beside them say it).
import { html, raw } from 'hono/html';
import type { Markup } from '../texts/catalogue.ts';

const paths = {
  alert: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7.5v5.5M12 16.3v.1',
  badge:
    'M4 5h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM8.5 12.2a1.9 1.9 0 1 0 0-3.8 1.9 1.9 0 0 0 0 3.8zM5.5 16c.4-1.5 1.6-2.3 3-2.3s2.6.8 3 2.3M14.5 10h4M14.5 14h3',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2',
  exit: 'M14 4.5H6a1 1 0 0 0-1 1v13a1 1 0 0 0 1 1h8M10 12h10M16.5 8.5L20 12l-3.5 3.5',
  globe:
    'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c2.5 2.5 3.7 5.6 3.7 9s-1.2 6.5-3.7 9c-2.5-2.5-3.7-5.6-3.7-9S9.5 5.5 12 3z',
  key: 'M7.5 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM11.5 12H21v3.5M17 12v2.5',
  lines: 'M8 6.5h12M8 12h12M8 17.5h12M4 6.5h.1M4 12h.1M4 17.5h.1',
  lock: 'M6 10.5h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1zM8 10.5V7.5a4 4 0 0 1 8 0v3',
  mail: 'M4 5.5h16a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-11a1 1 0 0 1 1-1zM3.5 7l8.5 6 8.5-6',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c.8-3.6 3.8-5.5 7.5-5.5s6.7 1.9 7.5 5.5',
  phone:
    'M8 2.5h8a1.5 1.5 0 0 1 1.5 1.5v16a1.5 1.5 0 0 1-1.5 1.5H8A1.5 1.5 0 0 1 6.5 20V4A1.5 1.5 0 0 1 8 2.5zM11 18.5h2',
  pin: 'M12 21c4.5-4.6 7-8 7-11a7 7 0 0 0-14 0c0 3 2.5 6.4 7 11zM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  screen: 'M4 4.5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1zM8.5 20h7M12 16.5V20',
  shield: 'M12 3l7.5 2.5v5.5c0 4.7-3 8.2-7.5 10-4.5-1.8-7.5-5.3-7.5-10V5.5zM9 11.8l2.2 2.2 3.9-4.2',
} as const;

export type Icon = keyof typeof paths;

/** Its size stands here too: without the page's style a picture that has none is as wide as the window. */
export const icon = (name: Icon): Markup =>
  html`<svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" aria-hidden="true"><path d="${paths[name]}"/></svg>`;

const markShapes = raw(
  '<path d="M16 3a13 13 0 1 1-12.3 8.8" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round"/><circle cx="16" cy="13" r="3.6"/><path d="m14.6 14.5-1.4 8h5.6l-1.4-8z"/>',
);

export const mark = (): Markup =>
  html`<svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">${markShapes}</svg>`;

/** In a colour of its own, which is seen on light and dark. */
export const colouredMark = raw(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="28" height="28" fill="#1c9a8b" color="#1c9a8b" aria-hidden="true">${markShapes}</svg>`,
);

/** For the browser's tab; without it every page asks for /favicon.ico. */
export const tabIcon = `data:image/svg+xml,${encodeURIComponent(String(colouredMark))}`;

/** The ground of the pages: the turning ring of the mark, seen from close by, and without the page's style not at all. */
export const dial = (): Markup =>
  html`<div class="backdrop" aria-hidden="true"><svg class="dial" viewBox="0 0 1040 1040" width="0" height="0"><circle cx="520" cy="520" r="508" stroke-width="10" pathLength="720" stroke-dasharray=".6 5.4"/><circle cx="520" cy="520" r="436" stroke-width="1.5" pathLength="360" stroke-dasharray="296 64" transform="rotate(-72 520 520)"/><circle cx="520" cy="520" r="362" stroke-width="5" stroke-linecap="round" pathLength="360" stroke-dasharray="206 154" transform="rotate(158 520 520)"/></svg></div>`;
