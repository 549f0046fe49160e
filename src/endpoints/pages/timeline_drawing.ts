// Draws rings as SVG: a row a key, thin while it is only published, thick while it signs. Positions are percentages, so
// the drawing is as wide as its place and its text stays the size it is.
import { html } from 'hono/html';
import type { PhaseSegment, RingTimeline, TimelineKey } from '../../keys/timeline.ts';
import type { NumericDate } from '../../seams/clock.ts';
import { durationWords, ticksBetween, utc } from './time_words.ts';

export type Markup = ReturnType<typeof html>;

/** Pixels from top to bottom. */
const top = 28;
const row = { height: 60, text: 13, bar: 34 } as const;
const axis = 22;
const thickness = { standby: 6, active: 18, retiring: 6 } as const;
/** A phase too short to see is drawn this wide all the same. */
const leastWidth = { percent: 0.9, pixels: 6 } as const;
const marginPercent = { left: 0.15, right: 1 } as const;
const mostTicks = 9;
const kidLetters = 8;

/** Where an instant is between left and right; what is out of the window lies at its edge. */
export const scaleOf = ({ from, to }: Pick<RingTimeline, 'from' | 'to'>) => {
  const inner = 100 - marginPercent.left - marginPercent.right;
  return (instant: NumericDate): number => {
    if (instant < from) return 0;
    if (instant > to) return 100;
    return marginPercent.left + (inner * (instant - from)) / (to - from);
  };
};
export type Scale = ReturnType<typeof scaleOf>;

export const percent = (position: number): string => `${Number(position.toFixed(3))}%`;

const shortKid = (kid: string): string => (kid.length > kidLetters + 1 ? `${kid.slice(0, kidLetters)}…` : kid);

const bar = (segment: PhaseSegment, planned: boolean, middle: number, x: string, width: string): Markup => {
  const { phase, from, to } = segment;
  const height = thickness[phase];
  return html`<rect class="${phase}${planned ? ' planned' : ''}" x="${x}" y="${middle - height / 2}" width="${width}" height="${height}" rx="3"><title>${phase}, ${utc(from)} to ${utc(to)}</title></rect>`;
};

/** The part before now and the part still planned; a sliver is not parted. */
const bars = (segment: PhaseSegment, scale: Scale, middle: number, now: NumericDate): readonly Markup[] => {
  const { from, to } = segment;
  const [left, right] = [scale(from), scale(to)];
  if (right <= 0 || left >= 100) return [];
  if (left > 0 && right - left < leastWidth.percent)
    return [bar(segment, from >= now, middle, percent(left), String(leastWidth.pixels))];
  const part = (start: NumericDate, end: NumericDate, planned: boolean): Markup =>
    bar(segment, planned, middle, percent(scale(start)), percent(scale(end) - scale(start)));
  if (to <= now || from >= now) return [part(from, to, from >= now)];
  return [part(now, to, true), part(from, now, false)];
};

/** The phases of one key around the height `middle`. */
export const keyBars = (key: TimelineKey, scale: Scale, middle: number, now: NumericDate): Markup =>
  html`${key.segments.flatMap((segment) => bars(segment, scale, middle, now))}`;

/** What comes next for a key, or what came last. */
export const nextOf = ({ state, segments }: TimelineKey, now: NumericDate): string => {
  const end = (phase: PhaseSegment['phase']): NumericDate =>
    segments.find((segment) => segment.phase === phase)?.to ?? now;
  const gone = segments.at(-1)?.to ?? now;
  const words = {
    standby: `takes over in ${durationWords(end('standby') - now)}`,
    active: `hands over in ${durationWords(end('active') - now)}`,
    retiring: `leaves in ${durationWords(gone - now)}`,
    removed: `left ${durationWords(now - gone)} ago`,
    revoked: `revoked ${durationWords(now - gone)} ago`,
  };
  return words[state];
};

const keyRow = (key: TimelineKey, place: number, scale: Scale, now: NumericDate): Markup => {
  const y = top + place * row.height;
  const gone = key.state === 'removed' || key.state === 'revoked';
  return html`<g class="key${gone ? ' gone' : ''}">
<g>${keyBars(key, scale, y + row.bar, now)}</g>
<text y="${y + row.text}"><tspan class="kid">${shortKid(key.kid)}</tspan><tspan class="state ${key.state}" dx="8">${key.state}</tspan></text>
<text class="next" x="100%" y="${y + row.text}" text-anchor="end">${nextOf(key, now)}</text>
</g>`;
};

const anchorAt = (position: number): string => {
  if (position < 2) return 'start';
  return position > 98 ? 'end' : 'middle';
};

const axisOf = (ring: RingTimeline, scale: Scale, bottom: number): Markup =>
  html`${ticksBetween(ring.from, ring.to, mostTicks).map(({ at, words }, place) => {
    const position = scale(at);
    const x = percent(position);
    return html`<g class="tick${place % 2 === 0 ? '' : ' wide'}"><line x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/><text x="${x}" y="${bottom + 17}" text-anchor="${anchorAt(position)}">${words}</text></g>`;
  })}`;

/** At the left edge the line would run through the names of the keys, so there it is drawn beside the bars alone. */
const nowLine = (position: number, rows: number): Markup => {
  const pieces = Array.from({ length: rows }, (_, place) => ({
    y: top + place * row.height + row.bar - 14,
    height: 28,
  }));
  const whole = [{ y: 16, height: top - 16 + rows * row.height }];
  return html`<svg class="now" x="${percent(position)}" overflow="visible">${(position < 3 ? pieces : whole).map(
    ({ y, height }) => html`<rect x="-1" y="${y}" width="2" height="${height}"/>`,
  )}<text y="11" text-anchor="${anchorAt(position)}">now</text></svg>`;
};

/** The three phases with their names, `width` pixels in all, for a drawing that stands alone. */
export const legend = {
  width: 272,
  drawing: (x: number, y: number): Markup =>
    html`${(['standby', 'active', 'retiring'] as const).map((phase, place) => {
      const left = x + place * 96;
      return html`<rect class="${phase}" x="${left}" y="${y - thickness[phase] / 2}" width="24" height="${thickness[phase]}" rx="3"/><text x="${left + 31}" y="${y + 4}">${phase}</text>`;
    })}`,
};

export const drawingHeightOf = (ring: RingTimeline): number => top + ring.keys.length * row.height + axis;

/** One ring: rows, axis and the line of now, as wide as its place. */
export const ringDrawing = (ring: RingTimeline): Markup => {
  const scale = scaleOf(ring);
  const bottom = top + ring.keys.length * row.height;
  return html`<g>${axisOf(ring, scale, bottom)}</g>
${nowLine(scale(ring.now), ring.keys.length)}
${ring.keys.map((key, place) => keyRow(key, place, scale, ring.now))}`;
};

/** The picture in a sentence a key, for those who do not see it. */
export const describeRing = ({ alg, keys, now }: RingTimeline): string => {
  const sentences = keys.map((key) => `${shortKid(key.kid)} is ${key.state}: ${nextOf(key, now)}.`);
  return [`${alg} keys at ${utc(now)}.`, ...(keys.length === 0 ? ['There are none yet.'] : sentences)].join(' ');
};
