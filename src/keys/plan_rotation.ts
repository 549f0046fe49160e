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
  /** The standbys of rings that were left without a key to sign with: they take over now. */
  readonly activate: readonly { readonly kid: string; readonly activatesAt: NumericDate }[];
  readonly publish: readonly PlannedKey[];
  /** The kids of keys whose turn is over and whose private half is still there, with the instant to record. */
  readonly erase: readonly { readonly kid: string; readonly erasedAt: NumericDate }[];
  /** The rings with a key that may sign for less than `maxTokenSeconds`. */
  readonly raise: readonly SigningAlgorithm[];
  /** The next instant at which there will be something to do or to publish differently. */
  readonly nextAt: NumericDate;
}

export const nextSlot = (ring: readonly SigningKeyRecord[]): number =>
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

/** The standby to take over out of turn: one old enough to sign before one that verifiers may not have seen yet. */
const standbyToPromote = (
  lifetimes: readonly KeyLifetime[],
  policy: RotationPolicy,
  time: NumericDate,
): SigningKeyRecord | undefined => {
  const standbys = standbysOf(lifetimes);
  return standbys.find((key) => key.publishedAt + policy.leadSeconds <= time) ?? standbys[0];
};

/** A revocation that crossed another, or a turn, leaves a ring whose active key is gone or erased. It heals here. */
const stalledTurn = (
  lifetimes: readonly KeyLifetime[],
  policy: RotationPolicy,
  time: NumericDate,
): RotationPlan['activate'] => {
  if (activeKeyOf(lifetimes)?.privateJwe) return [];
  const standby = standbyToPromote(lifetimes, policy, time);
  return standby === undefined ? [] : [{ kid: standby.kid, activatesAt: time }];
};

const instantsOf = (lifetime: KeyLifetime, policy: RotationPolicy): readonly NumericDate[] => [
  lifetime.key.activatesAt,
  lifetime.signsUntil ?? lifetime.key.activatesAt - publishAheadSeconds(policy),
  lifetime.removedAt ?? 0,
];

const planRing = (
  alg: SigningAlgorithm,
  ring: readonly SigningKeyRecord[],
  policy: RotationPolicy,
  now: NumericDate,
): RotationPlan => {
  const time = ringTime(ring, now);
  const lifetimes = lifetimesOf(ring, policy, now);
  const over = lifetimes.filter(
    ({ key, signsUntil }) => key.privateJwe !== null && signsUntil !== null && signsUntil <= time,
  );
  const signing = ring.filter((key) => key.privateJwe !== null);
  const instants = lifetimes.flatMap((lifetime) => instantsOf(lifetime, policy));
  return {
    activate: stalledTurn(lifetimes, policy, time),
    publish: missingKeys(alg, ring, policy, time),
    erase: over.map(({ key }) => ({ kid: key.kid, erasedAt: time })),
    raise: signing.some((key) => key.longestTokenSeconds < policy.maxTokenSeconds) ? [alg] : [],
    nextAt: Math.min(...instants.filter((instant) => instant > time)),
  };
};

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
  const plans = signingAlgorithms.map((alg) => planRing(alg, ringOf(keys, alg), policy, now));
  return {
    activate: plans.flatMap((plan) => plan.activate),
    publish: plans.flatMap((plan) => plan.publish),
    erase: plans.flatMap((plan) => plan.erase),
    raise: plans.flatMap((plan) => plan.raise),
    nextAt: Math.min(...plans.map((plan) => plan.nextAt)),
  };
};

/** A turn the operator asked for: the standby to activate, or how long it still has to wait. */
export type TurnNow =
  | { readonly kid: string; readonly activatesAt: NumericDate }
  | { readonly kid: string; readonly waitSeconds: number }
  | { readonly kid: null };

/**
 * A second after the last turn at the soonest: of two turns in one second the lower slot counts as the earlier, so that
 * the standby might come before the key that signs already, and never sign.
 *
 * @param ring - the keys of one algorithm, as `ringOf` gives them.
 */
export const planTurnNow = (ring: readonly SigningKeyRecord[], policy: RotationPolicy, now: NumericDate): TurnNow => {
  const time = ringTime(ring, now);
  const lifetimes = lifetimesOf(ring, policy, now);
  const [standby] = standbysOf(lifetimes);
  if (standby === undefined) return { kid: null };
  const lastTurn = activeKeyOf(lifetimes)?.activatesAt ?? Number.NEGATIVE_INFINITY;
  const waitSeconds = Math.max(standby.publishedAt + policy.leadSeconds, lastTurn + 1) - time;
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
  const standby = standbyToPromote(lifetimes, policy, revokedAt);
  const activatesAt = standby === undefined ? revokedAt : revokedAt + policy.leadSeconds;
  const { alg } = ring[0] as SigningKeyRecord;
  const successor = { alg, slot: nextSlot(ring), publishedAt: revokedAt, activatesAt };
  return { revokedAt, promotedKid: standby?.kid ?? null, successor };
};
