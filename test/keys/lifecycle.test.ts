import { describe, expect, test } from 'vitest';
import {
  activeKeyOf,
  isPublished,
  type KeyState,
  lifetimesOf,
  ringOf,
  ringTime,
  standbysOf,
} from '../../src/keys/lifecycle.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import { grace, keyAt, period, policy, start } from './rotation_parts.ts';

const lifetimesAt = (keys: readonly SigningKeyRecord[], now: number) => lifetimesOf(ringOf(keys, 'ES256'), policy, now);

const statesAt = (keys: readonly SigningKeyRecord[], now: number): readonly KeyState[] =>
  lifetimesAt(keys, now).map(({ state }) => state);

const turn = start + period;
const [first, second, third] = [keyAt(0), keyAt(1), keyAt(2)];

describe('the states of a key, by the second', () => {
  test('a standby is active from the very second of activates_at', () => {
    expect(statesAt([first, second], turn - 1)).toEqual(['active', 'standby']);
    expect(statesAt([first, second], turn)).toEqual(['retiring', 'active']);
  });

  test('a retiring key is published until its turn plus grace, and removed in that second', () => {
    const keys = [first, second];
    const published = (now: number) => lifetimesAt(keys, now).filter(isPublished).length;
    expect([statesAt(keys, turn + grace - 1)[0], published(turn + grace - 1)]).toEqual(['retiring', 2]);
    expect([statesAt(keys, turn + grace)[0], published(turn + grace)]).toEqual(['removed', 1]);
  });

  test('the newest key whose activates_at has come is the active one, however many were missed', () => {
    expect(statesAt([first, second, third], start + 5 * period)).toEqual(['removed', 'removed', 'active']);
  });

  test('of two keys with one activates_at the later slot signs', () => {
    const twin = keyAt(2, { activatesAt: turn });
    expect(activeKeyOf(lifetimesAt([twin, second, first], turn))?.slot).toBe(2);
    expect(activeKeyOf(lifetimesAt([twin, second, first], turn - 1))?.slot).toBe(0);
  });

  test('without a successor a key stays active, and no removal is known', () => {
    expect(lifetimesAt([first], start + 100 * period)).toMatchObject([
      { state: 'active', signsUntil: null, removedAt: null },
    ]);
  });

  test('grace is by the longest token of the key, not by T as it is now', () => {
    const long = keyAt(0, { longestTokenSeconds: 5000 });
    expect(lifetimesAt([long, second], start)[0]?.removedAt).toBe(turn + grace + 4400);
  });

  test('an empty ring has no active key and no standby', () => {
    expect(activeKeyOf(lifetimesAt([], start))).toBeUndefined();
    expect(standbysOf(lifetimesAt([], start))).toEqual([]);
  });

  test('the other ring has no part in it', () => {
    const other = keyAt(7, { alg: 'RS256', activatesAt: start + 1 });
    expect(statesAt([first, other], start + 10)).toEqual(['active']);
  });

  test('standbys stand in the order of their turns, not of their slots', () => {
    const early = keyAt(3, { activatesAt: turn + 5 });
    const standbys = standbysOf(lifetimesAt([first, third, early], start));
    expect(standbys.map(({ slot }) => slot)).toEqual([3, 2]);
  });
});

describe('revocation', () => {
  test('is final and unpublishes from any state', () => {
    const now = turn + 10;
    for (const key of [first, second, third]) {
      const keys = [first, second, third].map((other) => (other === key ? { ...key, revokedAt: now } : other));
      const lifetime = lifetimesAt(keys, now).find((found) => found.key.slot === key.slot);
      expect([lifetime?.state, lifetime && isPublished(lifetime)]).toEqual(['revoked', false]);
    }
  });

  test('a standby revoked before its turn never signs: the key before it goes on to the turn after', () => {
    const revoked = keyAt(1, { revokedAt: turn - 1 });
    const lifetimes = lifetimesAt([first, revoked, third], turn);
    expect(lifetimes.map(({ state, signsUntil }) => [state, signsUntil])).toEqual([
      ['active', turn + period],
      ['revoked', null],
      ['standby', null],
    ]);
  });

  test('a key revoked in the very second of its turn counts as one that never signed', () => {
    const revoked = keyAt(1, { revokedAt: turn });
    expect(statesAt([first, revoked], turn)).toEqual(['active', 'revoked']);
    const promoted = keyAt(2, { activatesAt: turn });
    expect(lifetimesAt([first, revoked, promoted], turn).map(({ signsUntil }) => signsUntil)).toEqual([
      turn,
      null,
      null,
    ]);
  });

  test('a key revoked a second after its turn did sign: the key before it stays retired', () => {
    const revoked = keyAt(1, { revokedAt: turn + 1 });
    const promoted = keyAt(2, { activatesAt: turn + 1 });
    const lifetimes = lifetimesAt([first, revoked, promoted], turn + 1);
    expect(lifetimes.map(({ state, signsUntil }) => [state, signsUntil])).toEqual([
      ['retiring', turn],
      ['revoked', turn + 1],
      ['active', null],
    ]);
  });

  test('a retiring key that is revoked changes nothing for the others', () => {
    const revoked = keyAt(0, { revokedAt: turn + 10 });
    expect(lifetimesAt([revoked, second], turn + 10)).toMatchObject([
      { state: 'revoked', signsUntil: turn, removedAt: turn + 10 },
      { state: 'active' },
    ]);
  });

  test('with every key revoked none is active', () => {
    const keys = [keyAt(0, { revokedAt: turn + 1 }), keyAt(1, { revokedAt: turn + 1 })];
    expect(activeKeyOf(lifetimesAt(keys, turn + 2))).toBeUndefined();
  });
});

describe('the time of a ring, when a clock steps back', () => {
  test.each(['publishedAt', 'erasedAt', 'revokedAt'] as const)('is never before the %s of a row', (witness) => {
    const keys = [
      keyAt(0, { publishedAt: start - 500 }),
      keyAt(1, { publishedAt: start - 500, [witness]: start + 30 }),
    ];
    expect(ringTime(keys, start)).toBe(start + 30);
    expect(ringTime(keys, start + 31)).toBe(start + 31);
  });

  test('a planned turn bears no witness: its time has not come', () => {
    expect(ringTime([first, second], start)).toBe(start);
  });

  test('a retired key whose private half is erased does not come back', () => {
    const erased = keyAt(0, { privateJwe: null, erasedAt: turn });
    expect(statesAt([erased, second], start)).toEqual(['retiring', 'active']);
  });

  test('a promoted key stays active in the second before its revocation', () => {
    const revoked = keyAt(0, { revokedAt: start + 50, privateJwe: null, erasedAt: start + 50 });
    const promoted = keyAt(1, { activatesAt: start + 50 });
    expect(statesAt([revoked, promoted], start + 49)).toEqual(['revoked', 'active']);
  });
});
