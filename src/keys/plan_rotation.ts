// What is to be done to the rings now, pure. rotation.ts carries it out.
import type { NumericDate } from '../seams/clock.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../seams/signer.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { activeKeyOf, type KeyLifetime, lifetimesOf, ringOf, ringTime, standbysOf } from './lifecycle.ts';
import { publishAheadSeconds, type RotationPolicy } from './timing.ts';

export interface PlannedKey {
  readonly alg: SigningAlgorithm;
  readonly slot: number;
  readonly publishedAt: NumericDate;
  readonly activatesAt: NumericDate;
}

export interface RotationPlan {
  readonly publish: readonly PlannedKey[];
  /** The kids of keys whose turn is over and whose private half is still there, with the instant to record. */
  readonly erase: readonly { readonly kid: string; readonly erasedAt: NumericDate }[];
  /** The rings with a key that may sign for less than `maxTokenSeconds`. */
  readonly raise: readonly SigningAlgorithm[];
  /** The next instant at which there will be something to do or to publish differently. */
  readonly nextAt: NumericDate;
}

const nextSlot = (ring: readonly SigningKeyRecord[]): number =>
  ring.reduce((next, key) => Math.max(next, key.slot + 1), 0);

/** The keys to publish so that a standby old enough to sign is there at every turn. */
const missingKeys = (
  alg: SigningAlgorithm,
  ring: readonly SigningKeyRecord[],
  policy: RotationPolicy,
  time: NumericDate,
): readonly PlannedKey[] => {
  const missing: PlannedKey[] = [];
  const firstSlot = nextSlot(ring);
  let last = ring.findLast((key) => key.revokedAt === null && key.privateJwe !== null)?.activatesAt;
  while (last === undefined || last <= time + publishAheadSeconds(policy)) {
    last = last === undefined ? time : Math.max(last + policy.periodSeconds, time + policy.leadSeconds);
    missing.push({ alg, slot: firstSlot + missing.length, publishedAt: time, activatesAt: last });
  }
  return missing;
};

const instantsOf = (lifetime: KeyLifetime, policy: RotationPolicy): readonly number[] => [
  lifetime.key.activatesAt,
  lifetime.signsUntil ?? lifetime.key.activatesAt - publishAheadSeconds(policy),
  lifetime.removedAt ?? 0,
];

/**
 * Plans both rings. The same rows give every node the same slots, so racing nodes make one key for each.
 *
 * @param keys - every row of `signing_key`.
 * @param now - the database's time.
 */
export const planRotation = (
  keys: readonly SigningKeyRecord[],
  policy: RotationPolicy,
  now: NumericDate,
): RotationPlan => {
  const publish: PlannedKey[] = [];
  const erase: { kid: string; erasedAt: NumericDate }[] = [];
  const raise: SigningAlgorithm[] = [];
  let nextAt = Number.POSITIVE_INFINITY;
  for (const alg of signingAlgorithms) {
    const ring = ringOf(keys, alg);
    const time = ringTime(ring, now);
    const lifetimes = lifetimesOf(ring, policy, now);
    publish.push(...missingKeys(alg, ring, policy, time));
    for (const lifetime of lifetimes) {
      const { key, signsUntil } = lifetime;
      if (key.privateJwe !== null && signsUntil !== null && signsUntil <= time)
        erase.push({ kid: key.kid, erasedAt: time });
      for (const instant of instantsOf(lifetime, policy))
        if (instant > time) nextAt = Math.min(nextAt, instant);
    }
    const signing = ring.filter((key) => key.privateJwe !== null);
    if (signing.some((key) => key.longestTokenSeconds < policy.maxTokenSeconds)) raise.push(alg);
  }
  return { publish, erase, raise, nextAt };
};

/** A turn the operator asked for: the standby to activate, or how long it still has to wait. */
export type TurnNow =
  | { readonly kid: string; readonly activatesAt: NumericDate }
  | { readonly kid: string; readonly waitSeconds: number }
  | { readonly kid: null };

/** @param ring - the keys of one algorithm, as `ringOf` gives them. */
export const planTurnNow = (
  ring: readonly SigningKeyRecord[],
  policy: RotationPolicy,
  now: NumericDate,
): TurnNow => {
  const time = ringTime(ring, now);
  const [standby] = standbysOf(lifetimesOf(ring, policy, now));
  if (standby === undefined) return { kid: null };
  const waitSeconds = standby.publishedAt + policy.leadSeconds - time;
  return waitSeconds > 0 ? { kid: standby.kid, waitSeconds } : { kid: standby.kid, activatesAt: time };
};

export interface PlannedRevocation {
  readonly revokedAt: NumericDate;
  readonly promotedKid: string | null;
  readonly successor: PlannedKey | null;
}

/**
 * A compromise, in two turns: the standby takes over at once, and a key nobody has seen takes over after lead, because
 * verifiers that refetch only on an unknown `kid` learn of the revocation only when they meet one.
 *
 * @param ring - the keys of one algorithm, as `ringOf` gives them; `kid` is one of them.
 */
export const planRevocation = (
  ring: readonly SigningKeyRecord[],
  policy: RotationPolicy,
  now: NumericDate,
  kid: string,
): PlannedRevocation => {
  const revokedAt = ringTime(ring, now);
  const lifetimes = lifetimesOf(ring, policy, now);
  if (activeKeyOf(lifetimes)?.kid !== kid) return { revokedAt, promotedKid: null, successor: null };
  const [standby] = standbysOf(lifetimes);
  const activatesAt = standby === undefined ? revokedAt : revokedAt + policy.leadSeconds;
  const { alg } = ring[0] as SigningKeyRecord;
  const successor = { alg, slot: nextSlot(ring), publishedAt: revokedAt, activatesAt };
  return { revokedAt, promotedKid: standby?.kid ?? null, successor };
};
