// Draws the timeline of a ring in a terminal: one bar a key, one column a stretch of time.
import { styleText } from 'node:util';
import type { Phase, PhaseSegment, RingTimeline, TimelineKey } from '../keys/timeline.ts';
import { instant } from './instants.ts';

export interface Canvas {
  /** Characters a line may have. */
  readonly columns: number;
  readonly colour: boolean;
}

type Style = Parameters<typeof styleText>[0];

const marks: Readonly<Record<Phase | 'nothing', { readonly block: string; readonly style: Style }>> = {
  standby: { block: '░', style: 'cyan' },
  active: { block: '█', style: 'green' },
  retiring: { block: '▄', style: 'yellow' },
  nothing: { block: ' ', style: 'reset' },
};

type Mark = keyof typeof marks;

const kidCharacters = 8;
/** Two dates and a space between them. */
const narrowestBar = 24;
const labelWidth = kidCharacters + 'retiring'.length + 4;

const paint = (text: string, style: Style, { colour }: Canvas): string =>
  colour && text.trim() !== '' ? styleText(style, text, { validateStream: false }) : text;

/** Neighbours of one kind are painted together, so that a bar costs few escape sequences. */
const drawCells = (cells: readonly Mark[], canvas: Canvas): string => {
  const runs: { mark: Mark; length: number }[] = [];
  for (const mark of cells) {
    const last = runs.at(-1);
    if (last?.mark === mark) last.length += 1;
    else runs.push({ mark, length: 1 });
  }
  return runs.map(({ mark, length }) => paint(marks[mark].block.repeat(length), marks[mark].style, canvas)).join('');
};

const placeOf = (at: number, { from, to }: RingTimeline, width: number): number =>
  Math.min(width - 1, Math.max(0, Math.floor(((at - from) / (to - from)) * width)));

/** Every segment within the window gets a cell, however short it is. */
const fill = (cells: Mark[], { phase, from, to }: PhaseSegment, timeline: RingTimeline): void => {
  if (to <= timeline.from || from >= timeline.to) return;
  const first = placeOf(from, timeline, cells.length);
  const end = Math.ceil(((to - timeline.from) / (timeline.to - timeline.from)) * cells.length);
  cells.fill(phase, first, Math.max(first + 1, end));
};

const drawKey = (key: TimelineKey, timeline: RingTimeline, width: number, canvas: Canvas): string => {
  const cells = Array<Mark>(width).fill('nothing');
  for (const segment of key.segments) fill(cells, segment, timeline);
  const present = key.segments.find(({ from, to }) => from <= timeline.now && timeline.now < to);
  if (present !== undefined) cells[placeOf(timeline.now, timeline, width)] = present.phase;
  const label = `  ${key.kid.slice(0, kidCharacters)} ${key.state.padEnd(labelWidth - kidCharacters - 3)}`;
  return `${label}${drawCells(cells, canvas)}`.trimEnd();
};

const dateOf = (at: number): string => instant(at).slice(0, 'YYYY-MM-DD'.length);

/** The first and the last day of the window. */
const drawScale = ({ alg, from, to }: RingTimeline, width: number): string => {
  const last = dateOf(to);
  return `${alg.padEnd(labelWidth)}${dateOf(from).padEnd(width - last.length)}${last}`;
};

/** A mark at the present, on the side of it where there is room for its name. */
const drawNow = (timeline: RingTimeline, width: number): string => {
  const place = placeOf(timeline.now, timeline, width);
  const left = 'now ▼';
  return `${' '.repeat(labelWidth)}${place + 1 < left.length ? `${' '.repeat(place)}▼ now` : left.padStart(place + 1)}`;
};

/** @returns the lines of one ring, none wider than the canvas; no lines for a ring without keys. */
export const drawTimeline = (timeline: RingTimeline, canvas: Canvas): readonly string[] => {
  if (timeline.keys.length === 0) return [];
  const width = Math.max(narrowestBar, canvas.columns - labelWidth);
  const bars = timeline.keys.map((key) => drawKey(key, timeline, width, canvas));
  return [drawScale(timeline, width), drawNow(timeline, width), ...bars];
};

/** What the blocks mean. */
export const timelineLegend = (canvas: Canvas): string => {
  const words: readonly (readonly [Mark, string])[] = [
    ['standby', 'published, waits'],
    ['active', 'signs'],
    ['retiring', 'verifies only'],
  ];
  return words.map(([mark, meaning]) => `${drawCells([mark], canvas)} ${meaning}`).join('   ');
};
