// A clock that goes on when a test says so.
import type { Clock } from '../src/seams/clock.ts';

export interface ManualClock extends Clock {
  /** Both clocks go on; a negative number sets the wall clock back. */
  advance(seconds: number): void;
}

export const createManualClock = (startsAt = 1_800_000_000): ManualClock => {
  let now = startsAt;
  return {
    now: () => now,
    monotonicSeconds: () => now,
    advance: (seconds) => {
      now += seconds;
    },
  };
};
