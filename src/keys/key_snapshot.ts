// What one reading of the signing keys is worth later: how old it is, and how far this node's clock has gone from the
// database's since.
import type { Clock, NumericDate } from '../seams/clock.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import type { RotationPolicy } from './timing.ts';

export interface KeySnapshot {
  readonly keys: readonly SigningKeyRecord[];
  /** By the monotonic clock, and by the other one. */
  readonly readAt: number;
  readonly clockAtRead: NumericDate;
  /** By the database's clock: what it says has come has come, though this node's clock may be slow. */
  readonly databaseAtRead: NumericDate;
  /** Node clock - database clock, when it was read. */
  readonly clockAheadSeconds: number;
}

/** Seconds the node's clock went on since it was read, beyond the monotonic one: it was set, or the machine slept. */
const leapOf = ({ readAt, clockAtRead }: KeySnapshot, clock: Clock): number =>
  clock.now() - clockAtRead - (clock.monotonicSeconds() - readAt);

/** Seconds, by the clock that went on further: the monotonic one stands still while a machine sleeps, the other may be set. */
export const ageOf = ({ readAt, clockAtRead }: KeySnapshot, clock: Clock): number =>
  Math.max(clock.monotonicSeconds() - readAt, clock.now() - clockAtRead);

/** @returns why nothing may be signed by it, in words; undefined when it may. */
export const unfitness = (snapshot: KeySnapshot, clock: Clock, policy: RotationPolicy): string | undefined => {
  const { clockErrorSeconds, snapshotSeconds } = policy;
  const old = (seconds: number): string =>
    `the signing keys were last read ${Math.round(seconds)} s ago, at most ${snapshotSeconds} s are allowed`;
  const age = clock.monotonicSeconds() - snapshot.readAt;
  if (age > snapshotSeconds) return old(age);
  const offset = Math.abs(snapshot.clockAheadSeconds);
  if (offset > clockErrorSeconds)
    return `this node's clock is ${offset} s off the database's, at most ${clockErrorSeconds} s are allowed`;
  // Lead has room for 2E in all; the whole seconds of a clock that was not set may look like a leap of one.
  const leap = Math.abs(leapOf(snapshot, clock));
  if (offset + leap > Math.max(2 * clockErrorSeconds, clockErrorSeconds + 1))
    return `this node's clock has leapt ${Math.round(leap)} s since the signing keys were last read`;
  return ageOf(snapshot, clock) > snapshotSeconds ? old(ageOf(snapshot, clock)) : undefined;
};

/** Seconds that the node's clock is ahead of the database's now. */
const aheadOf = (snapshot: KeySnapshot, clock: Clock): number =>
  Math.round(snapshot.clockAheadSeconds + leapOf(snapshot, clock));

/** What the database's clock says, to a second: what nodes tell each other by instants goes by it. */
export const databaseTimeOf = (snapshot: KeySnapshot, clock: Clock): NumericDate => {
  const ahead = aheadOf(snapshot, clock);
  return Math.abs(ahead) > 1 ? clock.now() - ahead : clock.now();
};

/**
 * What the key set goes by. A node whose clock is off by more than E signs nothing, but its key set is asked for: it
 * goes by the database's clock as it was read, and by the monotonic one since.
 */
export const publishingTimeOf = (snapshot: KeySnapshot, clock: Clock, policy: RotationPolicy): NumericDate => {
  const ahead = aheadOf(snapshot, clock);
  return Math.abs(ahead) > Math.max(policy.clockErrorSeconds, 1) ? clock.now() - ahead : clock.now();
};
