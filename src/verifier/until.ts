// A wait that a signal ends. What is not the runtime's own may ignore a signal, and on Deno the body of a response that
// was collected as garbage does.

/** @returns what the promise gives; rejects with the signal's reason once that is aborted. */
export const until = async <Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> => {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
};
