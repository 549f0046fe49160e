// TakeTurn on Node, for work that gives way to everything else: one begins once the event loop had nothing left to do since
// the one before, however many of its turns that took.
import { OAuthError } from '../errors.ts';
import type { TakeTurn } from '../seams/turns.ts';

const lookMilliseconds = 1;
/** A loop that is never idle lets one begin all the same. */
const mostMilliseconds = 10;

const idleMilliseconds = (): number => performance.eventLoopUtilization().idle;

/** @param mostWaiting - beyond them, passwords_busy. */
export const createIdleTurns = (mostWaiting: number): TakeTurn => {
  const waiting: (() => void)[] = [];
  let taken = false;
  let [begunAt, idleBefore] = [0, 0];
  const begin = (): void => {
    [begunAt, idleBefore] = [performance.now(), idleMilliseconds()];
    setTimeout(look, lookMilliseconds);
  };
  const look = (): void => {
    if (waiting.length === 0) {
      taken = false;
      return;
    }
    const isBusy = idleMilliseconds() === idleBefore && performance.now() - begunAt < mostMilliseconds;
    if (isBusy) {
      setTimeout(look, lookMilliseconds);
      return;
    }
    begin();
    waiting.shift()?.();
  };
  return async () => {
    if (taken) {
      if (waiting.length >= mostWaiting) throw new OAuthError('passwords_busy');
      return new Promise((resolve) => waiting.push(resolve));
    }
    taken = true;
    begin();
  };
};
