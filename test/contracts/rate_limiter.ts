// The contract of RateLimiter: what every rate limiter does.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../manual_clock.ts';
import type { OpenedStores, OpenStores } from './opened_stores.ts';
import { now } from './records.ts';

const limit = { burst: 5, emissionSeconds: 10 };

export const describeRateLimiter = (name: string, open: OpenStores): void => {
  describe(`RateLimiter: ${name}`, () => {
    let stores: OpenedStores;
    let clock: ManualClock;
    beforeEach(async () => {
      clock = createManualClock(now);
      stores = await open(clock);
    });
    afterEach(() => stores.close());

    const take = (key = 'key', allowance = limit) => stores.rateLimiter.take([key, allowance]);
    /** At once, the allowed ones first: whoever asks first is not always served first. */
    const takeMany = async (count: number, key = 'key') =>
      (await Promise.all(Array.from({ length: count }, () => take(key)))).sort();

    test('a burst is allowed, then one every emission interval, and the wait is told', async () => {
      expect(await takeMany(7)).toEqual([0, 0, 0, 0, 0, 10, 10]);
      clock.advance(3);
      expect(await take()).toBe(7);
      clock.advance(7);
      expect(await take()).toBe(0);
      expect(await take()).toBe(10);
    });

    test('a wait that is told is long enough', async () => {
      const odd = { burst: 3, emissionSeconds: 7.3 };
      for (let taken = 0; taken < 3; taken += 1) expect(await take('odd', odd)).toBe(0);
      clock.advance(await take('odd', odd));
      expect(await take('odd', odd)).toBe(0);
    });

    test('being refused costs nothing', async () => {
      await takeMany(50);
      clock.advance(10);
      expect(await take()).toBe(0);
    });

    test('an allowance fills up again, and no further than a burst', async () => {
      await takeMany(5);
      clock.advance(1_000_000);
      expect(await takeMany(6)).toEqual([0, 0, 0, 0, 0, 10]);
    });

    test('T098: 50 takes at once on two nodes get no more than the burst', async () => {
      const waits = await Promise.all(
        Array.from({ length: 50 }, (_, turn) =>
          (turn % 2 === 0 ? stores : stores.other).rateLimiter.take(['account', limit]),
        ),
      );
      expect(waits.filter((wait) => wait === 0)).toHaveLength(5);
    });

    test('T098: one key spends nothing of another', async () => {
      await takeMany(5, 'ada');
      expect(await take('bob')).toBe(0);
    });

    test('T099: the count is kept by the database, not by the node', async () => {
      await takeMany(5);
      expect(await stores.other.rateLimiter.take(['key', limit])).toBe(10);
    });

    test('a reset gives the whole allowance back, to that key alone', async () => {
      await takeMany(5, 'ada');
      await takeMany(5, 'bob');
      await stores.rateLimiter.reset('ada');
      expect(await takeMany(6, 'ada')).toEqual([0, 0, 0, 0, 0, 10]);
      expect(await take('bob')).toBe(10);
    });

    test('one is given back of each, on whichever node, and never more than a burst in the end', async () => {
      await takeMany(5, 'ada');
      await takeMany(5, 'bob');
      await takeMany(5, 'eve');
      await stores.other.rateLimiter.giveBack(['ada', limit], ['bob', limit], ['nobody', limit]);
      expect(await takeMany(2, 'ada')).toEqual([0, 10]);
      expect(await takeMany(2, 'bob')).toEqual([0, 10]);
      expect(await take('eve')).toBe(10);
      clock.advance(1000);
      for (let turn = 0; turn < 9; turn += 1) await stores.rateLimiter.giveBack(['ada', limit], ['nobody', limit]);
      expect(await takeMany(6, 'ada')).toEqual([0, 0, 0, 0, 0, 10]);
      expect(await takeMany(6, 'nobody')).toEqual([0, 0, 0, 0, 0, 10]);
    });

    test('many a second are allowed too, exactly as many as told', async () => {
      const fast = { burst: 40, emissionSeconds: 0.1 };
      const burst = await Promise.all(Array.from({ length: 41 }, () => take('fast', fast)));
      expect(burst.filter((wait) => wait === 0)).toHaveLength(40);
      expect(burst.filter((wait) => wait === 1)).toHaveLength(1);
      clock.advance(1);
      const next = await Promise.all(Array.from({ length: 20 }, () => take('fast', fast)));
      expect(next.filter((wait) => wait === 0)).toHaveLength(10);
    });

    test('of several, what comes before a used-up one is taken, and nothing of it or after it', async () => {
      await takeMany(5, 'spent');
      const all = [
        ['first', limit],
        ['spent', limit],
        ['third', limit],
        ['last', limit],
      ] as const;
      for (let turn = 0; turn < 3; turn += 1) expect(await stores.rateLimiter.take(...all)).toBe(10);
      expect(await takeMany(3, 'first')).toEqual([0, 0, 10]);
      expect(await takeMany(6, 'third')).toEqual([0, 0, 0, 0, 0, 10]);
      expect(await takeMany(6, 'last')).toEqual([0, 0, 0, 0, 0, 10]);
      clock.advance(10);
      expect(await stores.rateLimiter.take(...all)).toBe(0);
    });

    test('T098: 50 requests at once that take several on two nodes get no more than the least of them', async () => {
      const everyone = ['everyone', { burst: 10, emissionSeconds: 10 }] as const;
      const waits = await Promise.all(
        Array.from({ length: 50 }, (_, turn) =>
          (turn % 2 === 0 ? stores : stores.other).rateLimiter.take(
            ['generous', { burst: 20, emissionSeconds: 10 }],
            ['account', limit],
            everyone,
          ),
        ),
      );
      expect(waits.filter((wait) => wait === 0)).toHaveLength(5);
      const left = await Promise.all(Array.from({ length: 6 }, () => take(...everyone)));
      expect(left.sort()).toEqual([0, 0, 0, 0, 0, 10]);
    });

    test('of more than may be taken from at once nothing is', async () => {
      const all = ['first', 'second', 'third', 'fourth', 'fifth'].map((key) => [key, limit] as const);
      await expect(stores.rateLimiter.take(...all)).rejects.toThrow('at most 4 allowances');
      expect(await takeMany(6, 'first')).toEqual([0, 0, 0, 0, 0, 10]);
    });

    test('several are reset together', async () => {
      await takeMany(5, 'ada');
      await takeMany(5, 'bob');
      await stores.rateLimiter.reset('ada', 'bob', 'nobody');
      expect(await stores.rateLimiter.take(['ada', limit], ['bob', limit])).toBe(0);
    });

    test('a clock that is set back an hour locks nobody out for an hour', async () => {
      await takeMany(5);
      clock.advance(-3600);
      expect(await take()).toBe(10);
      clock.advance(10);
      expect(await take()).toBe(0);
    });

    test('an allowance that was lowered holds from the next take on', async () => {
      const generous = { burst: 100, emissionSeconds: 60 };
      for (let taken = 0; taken < 100; taken += 1) await take('key', generous);
      expect(await take()).toBe(10);
      clock.advance(10);
      expect(await take()).toBe(0);
    });

    test('idle allowances are deleted without anybody gaining by it', async () => {
      await takeMany(5, 'idle');
      clock.advance(40);
      await takeMany(5, 'in use');
      clock.advance(20);
      await stores.store.removeExpired(clock.now(), 0);
      expect(await takeMany(6, 'idle')).toEqual([0, 0, 0, 0, 0, 10]);
      expect(await takeMany(3, 'in use')).toEqual([0, 0, 10]);
    });
  });
};
