// Reads of one key that are asked for while one of it is under way share the next. It begins after all of them have asked,
// so each is told what stood then, or something newer.

interface Reading<Found> {
  readonly found: Promise<Found>;
  readonly begunAt: number;
}

/**
 * @param read - what it gives is shared: nobody changes it.
 * @param silentMilliseconds - one that fails only after as long is told to those who wait for the next, too.
 */
export const shareReads = <Found>(
  read: (key: string) => Promise<Found>,
  silentMilliseconds = Number.POSITIVE_INFINITY,
): ((key: string) => Promise<Found>) => {
  const underWay = new Map<string, Reading<Found>>();
  const next = new Map<string, Promise<Found>>();
  const begin = (key: string): Promise<Found> => {
    const reading = { found: read(key), begunAt: performance.now() };
    const over = (): void => {
      if (underWay.get(key) === reading) underWay.delete(key);
    };
    underWay.set(key, reading);
    reading.found.then(over, over);
    return reading.found;
  };
  return (key) => {
    const before = underWay.get(key);
    if (before === undefined) return begin(key);
    const known = next.get(key);
    if (known !== undefined) return known;
    const beginNext = (): Promise<Found> => {
      next.delete(key);
      return begin(key);
    };
    const beginUnlessSilent = (error: unknown): Promise<Found> => {
      if (performance.now() - before.begunAt < silentMilliseconds) return beginNext();
      next.delete(key);
      throw error;
    };
    const shared = before.found.then(beginNext, beginUnlessSilent);
    next.set(key, shared);
    return shared;
  };
};
