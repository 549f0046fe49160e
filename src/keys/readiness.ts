// Who has seen the standby, pure: for each ring the kinds of verifier that got its standby with a key set, and those that
// fetched a key set before and none since. It informs, and decides nothing: a name is what a verifier calls itself.
import type { NumericDate } from '../seams/clock.ts';
import type { KeySetReader } from '../seams/key_set_reader_store.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../seams/signer.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { lifetimesOf, ringOf, standbysOf } from './lifecycle.ts';
import type { RotationPolicy } from './timing.ts';

export interface ReaderSeen {
  readonly reader: string;
  readonly fetches: number;
  readonly lastAt: NumericDate;
}

export interface RingReadiness {
  readonly alg: SigningAlgorithm;
  /** The standby whose turn is next. */
  readonly standbyKid: string;
  readonly publishedAt: NumericDate;
  /** Those that have it, by name. */
  readonly seen: readonly ReaderSeen[];
  /** Those that fetched before it was published, and not since. */
  readonly notSince: readonly ReaderSeen[];
}

/** By reader; a fetch counts once, however many keys were in the set. */
const summed = (rows: readonly KeySetReader[]): readonly ReaderSeen[] => {
  const byReader = new Map<string, ReaderSeen>();
  for (const { reader, fetches, lastAt } of rows) {
    const before = byReader.get(reader);
    const most = Math.max(before?.fetches ?? 0, fetches);
    byReader.set(reader, { reader, fetches: most, lastAt: Math.max(before?.lastAt ?? 0, lastAt) });
  }
  return [...byReader.values()].sort((left, right) => (left.reader < right.reader ? -1 : 1));
};

/** @returns one for each ring that has a standby. */
export const readinessOf = (
  keys: readonly SigningKeyRecord[],
  readers: readonly KeySetReader[],
  policy: RotationPolicy,
  now: NumericDate,
): readonly RingReadiness[] =>
  signingAlgorithms.flatMap((alg) => {
    const [standby] = standbysOf(lifetimesOf(ringOf(keys, alg), policy, now));
    if (standby === undefined) return [];
    const { kid, publishedAt } = standby;
    const seen = summed(readers.filter((row) => row.kid === kid));
    const names = new Set(seen.map(({ reader }) => reader));
    const notSince = summed(readers.filter(({ reader }) => !names.has(reader)));
    return [{ alg, standbyKid: kid, publishedAt, seen, notSince }];
  });
