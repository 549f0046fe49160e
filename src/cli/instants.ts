// Instants and spans of time in words.
import type { NumericDate } from '../seams/clock.ts';

const units = [
  { name: 'd', seconds: 86400 },
  { name: 'h', seconds: 3600 },
  { name: 'min', seconds: 60 },
  { name: 's', seconds: 1 },
] as const;

/** The two largest units that count: "29 d 23 h", "5 min", "45 s". */
export const spanInWords = (seconds: number): string => {
  const whole = Math.round(Math.abs(seconds));
  const first = units.findIndex((unit) => whole >= unit.seconds);
  const [large, small] = first === -1 ? [] : units.slice(first, first + 2);
  if (large === undefined) return '0 s';
  const rest = small === undefined ? 0 : Math.floor((whole % large.seconds) / small.seconds);
  const largest = `${Math.floor(whole / large.seconds)} ${large.name}`;
  return small === undefined || rest === 0 ? largest : `${largest} ${rest} ${small.name}`;
};

/** "in 5 min", "5 min ago", "now". */
export const relativeTo = (now: NumericDate, at: NumericDate): string => {
  if (Math.round(at - now) === 0) return 'now';
  return at > now ? `in ${spanInWords(at - now)}` : `${spanInWords(now - at)} ago`;
};

const lastRepresentable = 8.64e12;

/** RFC 3339, whole seconds, UTC; says so when there is no such instant. */
export const instant = (at: number): string =>
  Math.abs(at) <= lastRepresentable ? new Date(at * 1000).toISOString().replace('.000Z', 'Z') : `no instant (${at})`;

/** "2026-11-23T04:28:00Z (in 5 min)". */
export const instantInWords = (at: NumericDate, now: NumericDate): string => `${instant(at)} (${relativeTo(now, at)})`;

/** "43865 s (12 h 11 min)"; short spans are their own words. */
export const secondsInWords = (seconds: number): string =>
  Math.abs(seconds) < 120 ? `${seconds} s` : `${seconds} s (${spanInWords(seconds)})`;
