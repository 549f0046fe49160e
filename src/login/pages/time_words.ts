// Instants and durations in the end-user's language. Zones are unknown to a page without script, so UTC is named.
import type { NumericDate } from '../../seams/clock.ts';
import type { Texts } from '../texts/catalogue.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** Each with the length below which it is the unit to speak in. */
const units = [
  ['second', 1, minute],
  ['minute', minute, hour],
  ['hour', hour, 2 * day],
  ['day', day, Number.POSITIVE_INFINITY],
] as const;

/** As in 23 Nov 2026, 04:40 UTC. */
export const instantWords = (instant: NumericDate, { formats }: Texts): string =>
  new Intl.DateTimeFormat(formats, {
    ...{ year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' },
    ...{ hourCycle: 'h23', timeZone: 'UTC', timeZoneName: 'short' },
  }).format(instant * 1000);

/** RFC 3339, for `datetime`. */
export const machineInstant = (instant: NumericDate): string =>
  new Date(instant * 1000).toISOString().replace('.000Z', 'Z');

const unitOf = (seconds: number) => units.find(([, , below]) => seconds < below) ?? units[3];

/** As in 5 minutes ago, 3 days ago. */
export const agoWords = (instant: NumericDate, now: NumericDate, { formats }: Texts): string => {
  const seconds = Math.max(0, now - instant);
  const [unit, size] = unitOf(seconds);
  return new Intl.RelativeTimeFormat(formats).format(-Math.floor(seconds / size), unit);
};

/** As in "in 3 minutes": never sooner than it is. */
export const durationFromNow = (seconds: number, { formats }: Texts): string => {
  const least = Math.max(1, seconds);
  const [unit, size] = unitOf(least);
  return new Intl.RelativeTimeFormat(formats).format(Math.ceil(least / size), unit);
};
