// RateLimiter in the memory of one process: GCRA for what is taken too often to be worth a write. Each node has allowances
// of its own, and a restart gives them back.
import type { Clock } from '../seams/clock.ts';
import type { Allowance, RateLimiter } from '../seams/rate_limiter.ts';

/** Of so many keys it forgets those whose allowance is whole; and if that is not enough, the eldest. */
const mostKeys = 10_000;

/** What adding fractions of seconds may be off by, generously. */
const errorSeconds = 1e-6;

export const createMemoryRateLimiter = ({ monotonicSeconds }: Pick<Clock, 'monotonicSeconds'>): RateLimiter => {
  /** Theoretical arrival times. */
  const arrivals = new Map<string, number>();

  const makeRoom = (now: number): void => {
    if (arrivals.size < mostKeys) return;
    for (const [key, arrival] of arrivals) if (arrival <= now) arrivals.delete(key);
    const [eldest] = arrivals.keys();
    if (arrivals.size >= mostKeys && eldest !== undefined) arrivals.delete(eldest);
  };

  const takeOne = ([key, { burst, emissionSeconds }]: Allowance, now: number): number => {
    const arrival = Math.max(arrivals.get(key) ?? now, now);
    const excessSeconds = arrival - now - (burst - 1) * emissionSeconds;
    if (excessSeconds > errorSeconds) return Math.max(1, Math.ceil(excessSeconds - errorSeconds));
    if (!arrivals.has(key)) makeRoom(now);
    arrivals.set(key, arrival + emissionSeconds);
    return 0;
  };

  return {
    take: async (...allowances) => {
      const now = monotonicSeconds();
      for (const allowance of allowances) {
        const waitSeconds = takeOne(allowance, now);
        if (waitSeconds > 0) return waitSeconds;
      }
      return 0;
    },
    giveBack: async (...allowances) => {
      for (const [key, { emissionSeconds }] of allowances) {
        const arrival = arrivals.get(key);
        if (arrival !== undefined) arrivals.set(key, arrival - emissionSeconds);
      }
    },
    reset: async (...keys) => {
      for (const key of keys) arrivals.delete(key);
    },
  };
};
