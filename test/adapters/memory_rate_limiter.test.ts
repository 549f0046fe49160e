import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryRateLimiter } from '../../src/adapters/memory_rate_limiter.ts';
import type { RateLimiter } from '../../src/seams/rate_limiter.ts';

const limit = { burst: 5, emissionSeconds: 10 };
let now: number;
let limiter: RateLimiter;

beforeEach(() => {
  now = 1000;
  limiter = createMemoryRateLimiter({ monotonicSeconds: () => now });
});

const takeMany = (count: number, key = 'key') =>
  Promise.all(Array.from({ length: count }, () => limiter.take([key, limit])));

describe('a rate limiter in memory', () => {
  test('a burst is allowed, then one every emission interval, and the wait is told', async () => {
    expect(await takeMany(7)).toEqual([0, 0, 0, 0, 0, 10, 10]);
    now += 3;
    expect(await takeMany(1)).toEqual([7]);
    now += 7;
    expect(await takeMany(2)).toEqual([0, 10]);
  });

  test('fractions of a second are kept account of', async () => {
    const quick = { burst: 2, emissionSeconds: 0.25 };
    const take = () => limiter.take(['quick', quick]);
    expect([await take(), await take(), await take()]).toEqual([0, 0, 1]);
    now += 0.25;
    expect([await take(), await take()]).toEqual([0, 1]);
  });

  test('an allowance fills up again and no further, by itself or by a reset, and is nobody else’s', async () => {
    await takeMany(5);
    expect(await takeMany(1, 'another')).toEqual([0]);
    now += 1_000_000;
    expect(await takeMany(6)).toEqual([0, 0, 0, 0, 0, 10]);
    await limiter.reset('key');
    expect(await takeMany(1)).toEqual([0]);
  });

  test('of several, nothing is taken from the first used-up one on; several are reset together', async () => {
    await takeMany(5, 'spent');
    expect(await limiter.take(['first', limit], ['spent', limit], ['last', limit])).toBe(10);
    expect(await takeMany(5, 'first')).toEqual([0, 0, 0, 0, 10]);
    expect(await takeMany(6, 'last')).toEqual([0, 0, 0, 0, 0, 10]);
    await limiter.reset('first', 'spent', 'last');
    expect(await limiter.take(['first', limit], ['spent', limit], ['last', limit])).toBe(0);
  });

  test('however many keys come, one that is used up is kept while there is room by forgetting whole ones', async () => {
    for (let turn = 0; turn < 9_999; turn += 1) await limiter.take([`early-${turn}`, { burst: 1, emissionSeconds: 1 }]);
    now += 10;
    await takeMany(5);
    for (let turn = 0; turn < 9_000; turn += 1) await limiter.take([`late-${turn}`, limit]);
    expect(await takeMany(1)).toEqual([10]);
  });
});
