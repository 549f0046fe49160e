import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openD1 } from '../../src/adapters/d1.ts';
import { createEventTime } from '../../src/adapters/event_time.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';

type Binding = Parameters<typeof openD1>[0];

/** A D1 whose every answer is this one. */
const d1Answering = (answer: () => Promise<never>): Binding => {
  const prepared = { bind: () => prepared, run: answer, raw: answer };
  return { prepare: () => prepared, batch: answer };
};

/** A statement by itself, and a batch. */
const asked = (binding: Binding): readonly Promise<unknown>[] => {
  const { store, rateLimiter } = openD1(binding, systemClock);
  return [store.findClient('app'), rateLimiter.take(['a key', { burst: 1, emissionSeconds: 1 }])];
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a D1 that does not answer', () => {
  test('is one that is down, well before Cloudflare cuts off who waits for it', async () => {
    const reasons = Promise.all(
      asked(d1Answering(() => new Promise(() => undefined))).map((answer) => answer.catch((error: unknown) => error)),
    );
    await vi.advanceTimersByTimeAsync(10_000);
    for (const reason of await reasons) {
      expect(reason).toBeInstanceOf(StoreUnavailableError);
      expect(String(reason)).toContain('did not answer within 10 s');
    }
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a request that has so many seconds', () => {
  test('waits no longer for all its queries together, and asks none when they are up', async () => {
    const eventTime = createEventTime(systemClock);
    let queries = 0;
    const silent = d1Answering(() => {
      queries += 1;
      return new Promise(() => undefined);
    });
    const { store } = openD1(silent, systemClock, eventTime.secondsLeft);
    const ask = () => store.findClient('app').catch((error: unknown) => error);
    const reasons = eventTime.run(14, async () => [await ask(), await ask(), await ask()]);
    await vi.advanceTimersByTimeAsync(14_000);
    const words = ['did not answer within 10 s', 'did not answer within 4 s', 'was not asked'];
    for (const [place, reason] of (await reasons).entries()) {
      expect(reason).toBeInstanceOf(StoreUnavailableError);
      expect(String(reason)).toContain(words[place]);
    }
    expect([queries, vi.getTimerCount()]).toEqual([2, 0]);
  });
});

describe('a D1 that fails', () => {
  test.each([
    [
      'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
      'D1 DB is overloaded. Requests queued for too long.',
    ],
    ['D1_ERROR: no such table: session: SQLITE_ERROR', 'no such table: session: SQLITE_ERROR. Apply the migrations'],
    ["D1_TYPE_ERROR: Type 'object' not supported for value 'a secret'", 'D1 could not answer'],
  ])('%s: the error has its words, and never a value', async (message, words) => {
    for (const answer of asked(d1Answering(() => Promise.reject(new Error(message))))) {
      const reason = await answer.catch((error: unknown) => error);
      expect(reason).toBeInstanceOf(StoreUnavailableError);
      expect(String(reason)).toContain(words);
      expect(String(reason)).not.toContain('secret');
    }
    expect(vi.getTimerCount()).toBe(0);
  });
});
