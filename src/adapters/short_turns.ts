// Keeps the turns of the event loop short under a crowd of requests. Node would answer all that have come before it looks
// at anything else, and libuv accepts one connection a turn: at a thousand busy connections a new one waits for seconds,
// whatever it asks. What begins here waits for a later turn once this one has had its time.

/** Begins what it is given, at once or in its order later. */
export type InTurn = (begin: () => unknown) => void;

/** @param turnMilliseconds - after so long a turn begins nothing more. */
export const createShortTurns = (turnMilliseconds: number): InTurn => {
  const waiting: (() => unknown)[] = [];
  /** Of the turn that is open. */
  let endsAt: number | undefined;

  const goOn = (): void => {
    const begin = endsAt !== undefined && performance.now() < endsAt ? waiting.shift() : undefined;
    if (begin === undefined) return;
    begin();
    // The next tick comes when all has been done that it did not have to wait for.
    queueMicrotask(() => process.nextTick(goOn));
  };

  const openNext = (): void => {
    endsAt = waiting.length === 0 ? undefined : performance.now() + turnMilliseconds;
    if (endsAt === undefined) return;
    setImmediate(openNext);
    goOn();
  };

  return (begin) => {
    if (endsAt === undefined) {
      endsAt = performance.now() + turnMilliseconds;
      setImmediate(openNext);
    }
    if (waiting.length === 0 && performance.now() < endsAt) begin();
    else waiting.push(begin);
  };
};
