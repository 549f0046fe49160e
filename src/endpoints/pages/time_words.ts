// Instants and durations in words that mean the same everywhere: UTC, and the two largest units of how long.
import type { NumericDate } from '../../seams/clock.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

const units = [
  ['d', day],
  ['h', hour],
  ['min', minute],
  ['s', 1],
] as const;

/** RFC 3339, for `datetime`. */
export const rfc3339 = (instant: NumericDate): string => new Date(instant * 1000).toISOString().replace('.000Z', 'Z');

/** As in 2026-03-04 12:00:05 UTC. */
export const utc = (instant: NumericDate): string => rfc3339(instant).replace('T', ' ').replace('Z', ' UTC');

/** As in 29 d 23 h, 3 min 5 s, 0 s. */
export const durationWords = (seconds: number): string => {
  const largest = units.findIndex(([, size]) => seconds >= size);
  if (largest === -1) return '0 s';
  const words: string[] = [];
  let rest = seconds;
  for (const [unit, size] of units.slice(largest, largest + 2)) {
    const count = Math.floor(rest / size);
    if (count > 0) words.push(`${count} ${unit}`);
    rest -= count * size;
  }
  return words.join(' ');
};

/** As in "in 29 d 23 h" or "3 min 5 s ago". */
export const relativeWords = (instant: NumericDate, now: NumericDate): string => {
  if (instant === now) return 'now';
  return instant > now ? `in ${durationWords(instant - now)}` : `${durationWords(now - instant)} ago`;
};

const tickSteps = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * minute),
  ...[1, 2, 3, 6, 12].map((count) => count * hour),
  ...[1, 2, 5, 10, 15, 30, 60, 90, 180, 365].map((count) => count * day),
];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const tickWords = (instant: NumericDate, step: number): string => {
  const text = rfc3339(instant);
  if (step >= 60 * day) return text.slice(0, 10);
  if (step >= 12 * hour && instant % day === 0)
    return `${Number(text.slice(8, 10))} ${months[Number(text.slice(5, 7)) - 1]}`;
  return step >= minute ? text.slice(11, 16) : text.slice(11, 19);
};

/** At most `most` round instants strictly between two others, each with its label. */
export const ticksBetween = (
  from: NumericDate,
  to: NumericDate,
  most: number,
): readonly { readonly at: NumericDate; readonly words: string }[] => {
  const step = tickSteps.find((candidate) => (to - from) / candidate < most) ?? 10 * 365 * day;
  const ticks: { at: NumericDate; words: string }[] = [];
  for (let at = (Math.floor(from / step) + 1) * step; at < to; at += step)
    ticks.push({ at, words: tickWords(at, step) });
  return ticks;
};
