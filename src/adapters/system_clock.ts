import type { Clock } from '../seams/clock.ts';

export const systemClock: Clock = {
  now: () => Math.floor(Date.now() / 1000),
  monotonicSeconds: () => performance.now() / 1000,
};
