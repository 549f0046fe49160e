import { describe, expect, test } from 'vitest';
import { planRevocation, planRotation, planTurnNow } from '../../src/keys/plan_rotation.ts';
import { type RingTimeline, timelinesOf } from '../../src/keys/timeline.ts';
import type { RotationPolicy } from '../../src/keys/timing.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';

const start = 1_800_000_000;

const policy: RotationPolicy = {
  maxTokenSeconds: 100,
  jwksMaxAgeSeconds: 10,
  sharedCacheSeconds: 0,
  slowestVerifierSeconds: 60,
  snapshotSeconds: 10,
  clockErrorSeconds: 1,
  leewaySeconds: 20,
  fetchTimeoutSeconds: 8,
  periodSeconds: 1000,
  leadSeconds: 80,
  graceSeconds: 132,
};

type Ring = readonly SigningKeyRecord[];

const born = (planned: Pick<SigningKeyRecord, 'alg' | 'slot' | 'publishedAt' | 'activatesAt'>): SigningKeyRecord => ({
  ...planned,
  kid: `${planned.alg}-${planned.slot}`,
  publicJwk: {},
  privateJwe: 'wrapped',
  longestTokenSeconds: policy.maxTokenSeconds,
  erasedAt: null,
  revokedAt: null,
  revocationReason: null,
});

/** Carries out what is due at `now`, as rotation.ts does. */
const turned = (ring: Ring, now: number): Ring => {
  const { publish, erase } = planRotation(ring, policy, now);
  const kept = ring.map((key) => {
    const erased = erase.find(({ kid }) => kid === key.kid);
    return erased === undefined ? key : { ...key, erasedAt: erased.erasedAt, privateJwe: null };
  });
  return [...kept, ...publish.map(born)];
};

const turnedUntil = (end: number, from = start, first: Ring = []): Ring => {
  let ring = turned(first, from);
  for (let now = planRotation(ring, policy, from).nextAt; now <= end; now = planRotation(ring, policy, now).nextAt)
    ring = turned(ring, now);
  return ring;
};

const es256 = (keys: Ring, now: number): RingTimeline => timelinesOf(keys, policy, now)[0] as RingTimeline;

const revoked = (keys: Ring, kid: string, now: number): Ring => {
  const ring = keys.filter((key) => key.alg === 'ES256');
  const { revokedAt, promotedKid, successor } = planRevocation(ring, policy, now, kid);
  const changed = ring.map((key) => {
    if (key.kid === kid) return { ...key, revokedAt, erasedAt: key.erasedAt ?? revokedAt, privateJwe: null };
    return key.kid === promotedKid ? { ...key, activatesAt: revokedAt } : key;
  });
  return successor === null ? changed : [...changed, born(successor)];
};

describe('the timeline of a ring', () => {
  test('after the first start a key signs until the standby takes over, and the ends still open are those planned', () => {
    const ring = es256(turnedUntil(start), start);
    expect(ring).toEqual({
      alg: 'ES256',
      from: start,
      to: start + 2132,
      now: start,
      nextTurns: [start + 1000],
      keys: [
        {
          kid: 'ES256-0',
          alg: 'ES256',
          state: 'active',
          segments: [
            { phase: 'active', from: start, to: start + 1000 },
            { phase: 'retiring', from: start + 1000, to: start + 1132 },
          ],
        },
        {
          kid: 'ES256-1',
          alg: 'ES256',
          state: 'standby',
          segments: [
            { phase: 'standby', from: start, to: start + 1000 },
            { phase: 'active', from: start + 1000, to: start + 2000 },
            { phase: 'retiring', from: start + 2000, to: start + 2132 },
          ],
        },
      ],
    });
  });

  test('there is one for every algorithm, and a ring without keys has a window all the same', () => {
    expect(timelinesOf([], policy, start)).toEqual(
      ['ES256', 'RS256'].map((alg) => ({ alg, from: start, to: start + 1000, now: start, keys: [], nextTurns: [] })),
    );
  });

  const instants = Array.from({ length: 160 }, (_, place) => start + 37 * place);

  test('at every instant the phase a key is drawn in is its state, and one key is active', () => {
    for (const now of instants) {
      const { from, to, keys } = es256(turnedUntil(now), now);
      expect(from <= now && now < to).toBe(true);
      const drawn = keys.map(({ segments }) => segments.find((segment) => segment.from <= now && now < segment.to));
      expect(drawn.map((segment) => segment?.phase ?? 'removed')).toEqual(keys.map(({ state }) => state));
      expect(keys.filter(({ state }) => state === 'active')).toHaveLength(1);
    }
  });

  test('at every instant the phases of a key follow without gaps, in whole seconds', () => {
    for (const { segments } of instants.flatMap((now) => es256(turnedUntil(now), now).keys)) {
      expect(segments.slice(1).map(({ from }) => from)).toEqual(segments.slice(0, -1).map(({ to }) => to));
      expect(segments.every(({ from, to }) => Number.isInteger(from) && Number.isInteger(to) && from < to)).toBe(true);
    }
  });

  test('no key that has been gone for longer than a period and a half is shown', () => {
    const now = start + 5500;
    const ring = es256(turnedUntil(now), now);
    expect(ring.keys.map(({ kid, state }) => [kid, state])).toEqual([
      ['ES256-3', 'removed'],
      ['ES256-4', 'removed'],
      ['ES256-5', 'active'],
      ['ES256-6', 'standby'],
    ]);
    expect(ring.from).toBe(now - 2000);
    expect(es256(turnedUntil(start + 1000), start + 100_000).keys.map((key) => key.kid)).toEqual(['ES256-2']);
  });

  test('a key nobody succeeds is not expected to hand over before a successor could have been published for lead', () => {
    const [first] = turnedUntil(start).filter((key) => key.alg === 'ES256');
    const late = start + 5000;
    const { keys, nextTurns } = es256([first as SigningKeyRecord], late);
    expect(keys[0]?.segments[0]).toEqual({ phase: 'active', from: start, to: late + policy.leadSeconds });
    expect(nextTurns).toEqual([]);
  });

  test('a clock that steps back does not bring a phase back', () => {
    const keys = turnedUntil(start + 1000);
    const now = start + 1000 - 50;
    expect(es256(keys, now).now).toBe(start + 1000);
    expect(es256(keys, now).keys.map((key) => key.state)).toEqual(['retiring', 'active', 'standby']);
  });

  test('a turn the operator asked for moves the standby to now', () => {
    const now = start + 500;
    const keys = turnedUntil(now).filter((key) => key.alg === 'ES256');
    const turn = planTurnNow(keys, policy, now);
    const moved = keys.map((key) => (key.kid === turn.kid ? { ...key, activatesAt: now } : key));
    const ring = es256(turned(moved, now), now);
    expect(ring.keys.map(({ state }) => state)).toEqual(['retiring', 'active', 'standby']);
    expect(ring.nextTurns).toEqual([now + 1000]);
  });
});

describe('the timeline after a revocation', () => {
  const now = start + 500;

  test('the active key ends there; the standby signs from there, and a second turn is to come after lead', () => {
    const ring = es256(revoked(turnedUntil(now), 'ES256-0', now), now);
    expect(ring.keys.map(({ kid, state }) => [kid, state])).toEqual([
      ['ES256-0', 'revoked'],
      ['ES256-1', 'active'],
      ['ES256-2', 'standby'],
    ]);
    expect(ring.keys[0]?.segments).toEqual([{ phase: 'active', from: start, to: now }]);
    expect(ring.nextTurns).toEqual([now + policy.leadSeconds]);
  });

  test('a standby that is revoked never signs', () => {
    const ring = es256(revoked(turnedUntil(now), 'ES256-1', now), now);
    expect(ring.keys.find(({ state }) => state === 'revoked')?.segments).toEqual([
      { phase: 'standby', from: start, to: now },
    ]);
    expect(ring.nextTurns).toEqual([]);
  });

  test('a retiring key that is revoked leaves at once', () => {
    const later = start + 1050;
    const ring = es256(revoked(turnedUntil(later), 'ES256-0', later), later);
    expect(ring.keys[0]).toMatchObject({ kid: 'ES256-0', state: 'revoked' });
    expect(ring.keys[0]?.segments.at(-1)).toEqual({ phase: 'retiring', from: start + 1000, to: later });
  });

  test('of many keys that are gone the latest two are shown', () => {
    let keys = turnedUntil(start);
    for (const [place, at] of [10, 20, 30, 40].map((seconds) => start + seconds).entries())
      keys = turned(revoked(keys, `ES256-${place + 1}`, at), at);
    const gone = es256(keys, start + 50).keys.filter(({ state }) => state === 'revoked');
    expect(gone.map(({ kid }) => kid)).toEqual(['ES256-3', 'ES256-4']);
  });
});
