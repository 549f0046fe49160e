// What there is to draw of the rings, pure: each key's phases as stretches of time, past and planned. Public instants
// alone. Colours, labels and words are the business of whoever draws.
import type { NumericDate } from '../seams/clock.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../seams/signer.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { isPublished, type KeyLifetime, type KeyState, lifetimesOf, ringOf, ringTime } from './lifecycle.ts';
import { graceSecondsOf, type RotationPolicy } from './timing.ts';

export type Phase = 'standby' | 'active' | 'retiring';

/** A stretch of time in which a key is in one phase; `from` < `to`. What lies after the timeline's `now` is planned. */
export interface PhaseSegment {
  readonly phase: Phase;
  readonly from: NumericDate;
  readonly to: NumericDate;
}

export interface TimelineKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly state: KeyState;
  /** In order and without gaps; a phase the key does not pass through is left out. The last `to` is when it is gone. */
  readonly segments: readonly PhaseSegment[];
}

/** One ring. Instants are whole seconds. */
export interface RingTimeline {
  readonly alg: SigningAlgorithm;
  /** The window to draw, `from` <= `now` < `to`. A segment may reach out of it on the left: clip it there. */
  readonly from: NumericDate;
  readonly to: NumericDate;
  /** The time the ring lives by. */
  readonly now: NumericDate;
  /** Standby, active and retiring keys and the latest that are gone, in the order of their turns. */
  readonly keys: readonly TimelineKey[];
  /** When the standbys take over, soonest first. */
  readonly nextTurns: readonly NumericDate[];
}

/** The window reaches back so many periods; a key that was gone much of that time is not worth a row. */
const pastPeriods = 2;
const gonePeriods = 1.5;
const goneKeys = 2;

/** When a key without a successor will hand over: when planRotation would let the next one start. */
const expectedTurn = (key: SigningKeyRecord, policy: RotationPolicy, time: NumericDate): NumericDate =>
  Math.max(key.activatesAt + policy.periodSeconds, time + policy.leadSeconds);

const segmentsOf = (lifetime: KeyLifetime, policy: RotationPolicy, time: NumericDate): readonly PhaseSegment[] => {
  const { key, state } = lifetime;
  const expected = state === 'revoked' ? key.activatesAt : expectedTurn(key, policy, time);
  const signsUntil = lifetime.signsUntil ?? expected;
  const removedAt = lifetime.removedAt ?? signsUntil + graceSecondsOf(policy, key.longestTokenSeconds);
  const phases = [
    { phase: 'standby', from: key.publishedAt, to: Math.min(key.activatesAt, removedAt) },
    { phase: 'active', from: key.activatesAt, to: Math.min(signsUntil, removedAt) },
    { phase: 'retiring', from: signsUntil, to: removedAt },
  ] as const;
  return phases.filter(({ from, to }) => from < to);
};

const goneAt = ({ segments }: TimelineKey): NumericDate => segments.at(-1)?.to ?? 0;

const timelineOf = (
  alg: SigningAlgorithm,
  ring: readonly SigningKeyRecord[],
  policy: RotationPolicy,
  now: NumericDate,
): RingTimeline => {
  const time = ringTime(ring, now);
  const horizon = time - pastPeriods * policy.periodSeconds;
  const lifetimes = lifetimesOf(ring, policy, now);
  const drawn = (lifetime: KeyLifetime): TimelineKey => {
    const { kid } = lifetime.key;
    return { kid, alg, state: lifetime.state, segments: segmentsOf(lifetime, policy, time) };
  };
  const gone = lifetimes
    .filter((lifetime) => !isPublished(lifetime))
    .map(drawn)
    .filter((key) => goneAt(key) > time - gonePeriods * policy.periodSeconds)
    .sort((left, right) => goneAt(right) - goneAt(left))
    .slice(0, goneKeys);
  const shown = new Set(gone.map(({ kid }) => kid));
  const keys = lifetimes.filter((lifetime) => isPublished(lifetime) || shown.has(lifetime.key.kid)).map(drawn);
  const starts = keys.flatMap(({ segments }) => segments.map(({ from }) => from));
  const ends = keys.map(goneAt);
  return {
    alg,
    from: Math.max(horizon, Math.min(time, ...starts)),
    to: keys.length === 0 ? time + policy.periodSeconds : Math.max(time + 1, ...ends),
    now: time,
    keys,
    nextTurns: lifetimes.filter(({ state }) => state === 'standby').map(({ key }) => key.activatesAt),
  };
};

/**
 * What to draw of every ring, in the order of `signingAlgorithms`.
 *
 * @param keys - rows of `signing_key`, of any algorithm; none is fine.
 */
export const timelinesOf = (
  keys: readonly SigningKeyRecord[],
  policy: RotationPolicy,
  now: NumericDate,
): readonly RingTimeline[] => signingAlgorithms.map((alg) => timelineOf(alg, ringOf(keys, alg), policy, now));
