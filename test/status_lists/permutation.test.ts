import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createPermutation } from '../../src/status_lists/permutation.ts';
import { jtiOf, listExpiry, placeOf } from '../../src/status_lists/place.ts';

describe('the order in which places are given out', () => {
  test.each([8, 1024, 1025, 5000, 2 ** 16, 100_000])('of %i places each comes once, and finds its turn', (places) => {
    const { indexOf, turnOf } = createPermutation(randomBytes(32), places);
    const indexes = Array.from({ length: places }, (_, turn) => indexOf(turn));
    expect(new Set(indexes).size).toBe(places);
    expect(Math.max(...indexes.slice(0, 5000))).toBeLessThan(places);
    expect(indexes.slice(0, 2000).map(turnOf)).toEqual(
      Array.from({ length: Math.min(places, 2000) }, (_, turn) => turn),
    );
  });

  test('is another for every secret, the same for one', () => {
    const secret = randomBytes(32);
    const first = (permutation: ReturnType<typeof createPermutation>) =>
      Array.from({ length: 20 }, (_, turn) => permutation.indexOf(turn));
    expect(first(createPermutation(secret, 2 ** 20))).toEqual(first(createPermutation(secret, 2 ** 20)));
    expect(first(createPermutation(secret, 2 ** 20))).not.toEqual(first(createPermutation(randomBytes(32), 2 ** 20)));
  });

  test('neighbours in time are no neighbours in the list', () => {
    const { indexOf } = createPermutation(randomBytes(32), 2 ** 20);
    const distances = Array.from({ length: 4000 }, (_, turn) => Math.abs(indexOf(turn) - indexOf(turn + 1)));
    const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
    // A third of the list for places chosen at random; the deviation of this mean is about 0.004 of it.
    expect(mean / 2 ** 20).toBeGreaterThan(0.3);
    expect(mean / 2 ** 20).toBeLessThan(0.37);
  });
});

describe('a jti that says where its token stands', () => {
  const list = {
    listId: randomBytes(12).toString('base64url'),
    secret: randomBytes(32).toString('base64url'),
    places: 4096,
    expiresAt: 1_800_000_900,
  };
  const { indexOf } = createPermutation(Buffer.from(list.secret, 'base64url'), list.places);

  test('finds the turn again', () => {
    for (const turn of [0, 1, 99, 4095])
      expect(placeOf(jtiOf(list, indexOf(turn)), list)).toEqual({ listId: list.listId, turn });
  });

  test('one that was mistyped, made up or is of another list finds nothing', () => {
    const jti = jtiOf(list, indexOf(7));
    const last = jti.at(-1) === 'A' ? 'B' : 'A';
    const [id = '', index = '', proof = ''] = jti.split('.');
    const other = (Number.parseInt(index, 36) ^ 1).toString(36);
    for (const wrong of [jti.slice(0, -1) + last, `${id}.${other}.${proof}`, `${id}.zzzzzzz.${proof}`, id, '', 'a.b.c'])
      expect(placeOf(wrong, list)).toBeUndefined();
    expect(placeOf(jti, { ...list, secret: randomBytes(32).toString('base64url') })).toBeUndefined();
    expect(placeOf(jti, { ...list, listId: 'x'.repeat(16) })).toBeUndefined();
  });
});

describe('when a list expires', () => {
  test.each([
    [600, 900],
    [3600, 900],
    [3601, 1800],
    [86_400, 28_800],
  ])('tokens of %i s have lists of %i s', (lifetime, window) => {
    const now = 1_800_000_123;
    const expiry = listExpiry(now + lifetime, lifetime);
    expect(expiry).toBeGreaterThanOrEqual(now + lifetime);
    expect(expiry).toBeLessThan(now + lifetime + window);
    expect(expiry % window).toBe(0);
  });
});
