// The key lifecycle, pure: states are computed from the instants on the rows and the time, never stored, so nothing
// has to happen for a state to change. Carrying plans out is rotation.ts's.
import type { NumericDate } from '../seams/clock.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../seams/signer.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { graceSecondsOf, type RotationPolicy } from './timing.ts';

export type KeyState = 'standby' | 'active' | 'retiring' | 'removed' | 'revoked';

/** A key with what the time makes of it. */
export interface KeyLifetime {
  readonly key: SigningKeyRecord;
  readonly state: KeyState;
  /** When its successor takes or took over; null while none is planned, or when it never signs. */
  readonly signsUntil: NumericDate | null;
  /** When it leaves or left the key set; null while that is not yet known. */
  readonly removedAt: NumericDate | null;
}

/**
 * The time a ring lives by: now, but never before an instant the rows themselves bear witness to. A clock that steps
 * back holds the ring where it is; it does not bring a retired key back.
 */
export const ringTime = (ring: readonly SigningKeyRecord[], now: NumericDate): NumericDate =>
  ring.reduce((latest, key) => Math.max(latest, key.publishedAt, key.erasedAt ?? 0, key.revokedAt ?? 0), now);

/** How far the time a ring lives by is ahead of now, beyond what clocks may differ by; 0 where it goes on. */
export const standstillSeconds = (
  ring: readonly SigningKeyRecord[],
  { clockErrorSeconds }: RotationPolicy,
  now: NumericDate,
): number => {
  const aheadSeconds = ringTime(ring, now) - now;
  return aheadSeconds > clockErrorSeconds ? aheadSeconds : 0;
};

/** The keys of one algorithm in the order of their turns. */
export const ringOf = (keys: readonly SigningKeyRecord[], alg: SigningAlgorithm): readonly SigningKeyRecord[] =>
  keys
    .filter((key) => key.alg === alg)
    .sort((left, right) => left.activatesAt - right.activatesAt || left.slot - right.slot);

const everSigns = (key: SigningKeyRecord): boolean => key.revokedAt === null || key.revokedAt > key.activatesAt;

const stateAt = (
  key: SigningKeyRecord,
  signsUntil: NumericDate | null,
  removedAt: NumericDate | null,
  time: NumericDate,
): KeyState => {
  if (key.revokedAt !== null) return 'revoked';
  if (time < key.activatesAt) return 'standby';
  if (signsUntil === null || time < signsUntil) return 'active';
  return removedAt === null || time < removedAt ? 'retiring' : 'removed';
};

/**
 * The lifetimes of one ring, in the order of its turns.
 *
 * @param ring - the keys of one algorithm, as `ringOf` gives them.
 * @returns at most one lifetime is `active`.
 */
export const lifetimesOf = (
  ring: readonly SigningKeyRecord[],
  policy: RotationPolicy,
  now: NumericDate,
): readonly KeyLifetime[] => {
  const time = ringTime(ring, now);
  return ring.map((key, place) => {
    if (!everSigns(key)) return { key, state: 'revoked', signsUntil: null, removedAt: key.revokedAt };
    const successor = ring.slice(place + 1).find(everSigns);
    const turn = successor?.activatesAt ?? null;
    if (key.revokedAt !== null) {
      const signsUntil = turn === null ? key.revokedAt : Math.min(turn, key.revokedAt);
      return { key, state: 'revoked', signsUntil, removedAt: key.revokedAt };
    }
    const removedAt = turn === null ? null : turn + graceSecondsOf(policy, key.longestTokenSeconds);
    return { key, state: stateAt(key, turn, removedAt, time), signsUntil: turn, removedAt };
  });
};

/** The lifetimes of both rings, each ring in the order of its turns. */
export const allLifetimesOf = (
  keys: readonly SigningKeyRecord[],
  policy: RotationPolicy,
  now: NumericDate,
): readonly KeyLifetime[] => signingAlgorithms.flatMap((alg) => lifetimesOf(ringOf(keys, alg), policy, now));

/** Whether a key belongs in the key set. */
export const isPublished = (lifetime: KeyLifetime): boolean =>
  lifetime.state === 'standby' || lifetime.state === 'active' || lifetime.state === 'retiring';

/** The key that signs now; undefined only before the first start, or when every key was revoked. */
export const activeKeyOf = (lifetimes: readonly KeyLifetime[]): SigningKeyRecord | undefined =>
  lifetimes.find((lifetime) => lifetime.state === 'active')?.key;

/** The standbys in the order of their turns. */
export const standbysOf = (lifetimes: readonly KeyLifetime[]): readonly SigningKeyRecord[] =>
  lifetimes.filter((lifetime) => lifetime.state === 'standby').map((lifetime) => lifetime.key);
