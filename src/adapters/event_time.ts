// How long the event that a Worker is at may still wait for something: told by what began it, known however deep in it one is.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../seams/clock.ts';

export interface EventTime {
  /** Does the work of an event, which from now on has so many seconds. */
  run<Result>(seconds: number, work: () => Result): Result;
  /** Of the event at hand; without end where none was told. */
  secondsLeft(): number;
}

export const createEventTime = (clock: Clock): EventTime => {
  const ends = new AsyncLocalStorage<number>();
  return {
    run: (seconds, work) => ends.run(clock.monotonicSeconds() + seconds, work),
    secondsLeft: () => (ends.getStore() ?? Number.POSITIVE_INFINITY) - clock.monotonicSeconds(),
  };
};
