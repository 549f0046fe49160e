// TakeTurn on Node: one begins in each turn of the event loop. Between two turns Node reads what has come in, so a token
// request waits behind one page, not behind a hundred.
import { OAuthError } from '../errors.ts';
import type { TakeTurn } from '../seams/turns.ts';

/** @param mostWaiting - beyond them, passwords_busy. */
export const createEventLoopTurns = (mostWaiting: number): TakeTurn => {
  const waiting: (() => void)[] = [];
  let taken = false;
  const next = (): void => {
    const begin = waiting.shift();
    taken = begin !== undefined;
    if (begin === undefined) return;
    setImmediate(next);
    begin();
  };
  return async () => {
    if (taken) {
      if (waiting.length >= mostWaiting) throw new OAuthError('passwords_busy');
      return new Promise((resolve) => waiting.push(resolve));
    }
    taken = true;
    setImmediate(next);
  };
};
