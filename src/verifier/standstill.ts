// Tells that the process stood still: a function that is frozen between two requests, a machine that slept. What was due
// meanwhile did not happen, which says nothing of the issuer; so it is made up for, and a request waits for that.
import type { NumericDate } from './claims.ts';

export interface Standstill {
  /** Something goes on now, and something else will within so many seconds. */
  expect(withinSeconds: number): void;
  /**
   * Begins this work unless it was begun since the last standstill, and a second time when it fails: a connection that was
   * kept may have ended meanwhile, which its first use is told.
   *
   * @returns the same promise to all who ask, which never rejects; undefined when nothing ever stood still.
   */
  makeUpFor(name: string, work: () => Promise<void>): Promise<void> | undefined;
}

/** How late timers may be in a process that goes on. */
export const slackSeconds = 1;

/** @param tell - told why what was due could not be made up for. */
export const createStandstill = (clockNow: () => NumericDate, tell: (problem: unknown) => void): Standstill => {
  const madeUp = new Map<string, Promise<void>>();
  let withinSeconds = 0;
  let expectedBy = Number.POSITIVE_INFINITY;
  let stoodStill = false;

  const look = (): NumericDate => {
    const now = clockNow();
    if (now > expectedBy + slackSeconds) {
      stoodStill = true;
      // What was due may take as long again: where the clock leapt, its timer knows nothing of that.
      expectedBy = now + withinSeconds;
      madeUp.clear();
    }
    return now;
  };

  return {
    expect: (seconds) => {
      expectedBy = look() + seconds;
      withinSeconds = seconds;
    },
    makeUpFor: (name, work) => {
      look();
      if (!stoodStill) return undefined;
      const making = madeUp.get(name) ?? work().catch(work).catch(tell);
      madeUp.set(name, making);
      return making;
    },
  };
};
