// Keeps the turns of the event loop short under a crowd of requests. Node would answer all that have come before it looks
// at anything else, and libuv accepts one connection a turn: at a thousand busy connections a new one waits for seconds,
// whatever it asks. So a turn begins as many as it has time for, and the others wait for later ones.

/** Begins what it is given, at once or in its order later. */
export type InTurn = (begin: () => unknown) => void;

/** How much the latest turn counts in what one is thought to take. */
const weight = 1 / 8;

/** @param turnMilliseconds - about how long a turn is to be. */
export const createShortTurns = (turnMilliseconds: number): InTurn => {
  const waiting: (() => unknown)[] = [];
  let isOpen = false;
  /** How many more this turn may begin. */
  let left = 1;
  let [milliseconds, begun, startedAt] = [turnMilliseconds, 0, 0];

  const measure = (): void => {
    if (begun > 0) milliseconds += ((performance.now() - startedAt) / begun - milliseconds) * weight;
  };

  const begin = (): void => {
    startedAt = performance.now();
    left = Math.max(1, Math.floor(turnMilliseconds / milliseconds));
    const now = waiting.splice(0, left);
    begun = now.length;
    left -= begun;
    isOpen = begun > 0;
    if (isOpen) setImmediate(begin);
    if (waiting.length > 0) setImmediate(measure);
    for (const each of now) each();
  };

  return (work) => {
    if (!isOpen) {
      isOpen = true;
      setImmediate(begin);
    }
    if (waiting.length === 0 && left > 0) {
      left -= 1;
      work();
      return;
    }
    // After `begin`, in the same turn: when all has been done that what was begun did not have to wait for.
    if (waiting.push(work) === 1) setImmediate(measure);
  };
};
