// Who has seen the standby of a ring, as the command line shows it.
import type { ReaderSeen, RingReadiness } from '../keys/readiness.ts';
import type { NumericDate } from '../seams/clock.ts';
import { relativeTo } from './instants.ts';
import { safeText } from './safe_text.ts';
import { columns } from './text_layout.ts';

const seenRowOf = ({ reader, fetches, lastAt }: ReaderSeen) => ({ reader, fetches, last_at: lastAt });

export const readinessRowOf = ({ alg, standbyKid, publishedAt, seen, notSince }: RingReadiness) => ({
  alg,
  standby_kid: standbyKid,
  published_at: publishedAt,
  seen: seen.map(seenRowOf),
  not_since: notSince.map(seenRowOf),
});

const rowOf = ({ reader, fetches, lastAt }: ReaderSeen, has: string, now: NumericDate): readonly string[] => [
  `    ${safeText(reader)}`,
  has,
  `${fetches} ${fetches === 1 ? 'fetch' : 'fetches'}, the last ${relativeTo(now, lastAt)}`,
];

export const readinessInWords = ({ seen, notSince }: RingReadiness, now: NumericDate): string => {
  if (seen.length + notSince.length === 0) return '  Nobody has fetched the key set yet.';
  const rows = [
    ...notSince.map((reader) => rowOf(reader, 'has not seen the standby', now)),
    ...seen.map((reader) => rowOf(reader, 'has the standby', now)),
  ];
  return `  Who fetches the key set:\n${columns(rows)}`;
};

/** "Python-urllib/3.11 (the last time 3 d ago)", by commas. */
export const readersInWords = (readers: readonly ReaderSeen[], now: NumericDate): string =>
  readers.map(({ reader, lastAt }) => `${safeText(reader)} (the last time ${relativeTo(now, lastAt)})`).join(', ');
