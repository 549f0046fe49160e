// Reads of one key that are asked for while one of it is under way share the next. It begins after all of them have asked,
// so each is told what stood then, or something newer.

/** @param read - what it gives is shared: nobody changes it. */
export const shareReads = <Found>(read: (key: string) => Promise<Found>): ((key: string) => Promise<Found>) => {
  const underWay = new Map<string, Promise<Found>>();
  const next = new Map<string, Promise<Found>>();
  const begin = (key: string): Promise<Found> => {
    const reading = read(key);
    const over = (): void => {
      if (underWay.get(key) === reading) underWay.delete(key);
    };
    underWay.set(key, reading);
    reading.then(over, over);
    return reading;
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
    const shared = before.then(beginNext, beginNext);
    next.set(key, shared);
    return shared;
  };
};
