// When something is about to happen to a key, and tokens are to be shown every half second: pure.
import { lifetimesOf, ringOf } from '../keys/lifecycle.ts';
import type { RotationPolicy, Timing } from '../keys/timing.ts';
import { signingAlgorithms } from '../seams/signer.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** @returns stretches of time that end after `now`, in order; they may overlap. */
export const hotTimes = (
  rows: readonly SigningKeyRecord[],
  policy: RotationPolicy,
  { snapshotSeconds, clockErrorSeconds }: Timing,
  now: number,
): readonly Stretch[] => {
  const before = 3 * clockErrorSeconds + 2;
  const after = snapshotSeconds + 3 * clockErrorSeconds + 4;
  const around = (instant: number, earlier = before): Stretch => ({ from: instant - earlier, to: instant + after });
  return signingAlgorithms
    .flatMap((alg) => lifetimesOf(ringOf(rows, alg), policy, now))
    .flatMap(({ key, removedAt }) => [
      around(key.publishedAt, 0),
      around(key.activatesAt),
      ...(removedAt === null ? [] : [around(removedAt)]),
    ])
    .filter(({ to }) => to > now)
    .sort((left, right) => left.from - right.from);
};
