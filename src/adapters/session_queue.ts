// Who may have a session of the database: as many at once as are allowed, the others in the order they came, each until its
// patience ends.

export interface SessionQueue {
  /**
   * Resolves when it is this one's turn, and at most `milliseconds` later in any case.
   *
   * @returns what to call when the session is no longer needed, once; undefined when the turn did not come in time.
   */
  turn(milliseconds: number): Promise<(() => void) | undefined>;
  /** To be called when more are allowed than were. */
  admit(): void;
}

/** @param allowed - how many may have a session now. */
export const createSessionQueue = (allowed: () => number): SessionQueue => {
  let taken = 0;
  const waiting = new Set<() => void>();
  const admit = (): void => {
    for (const begin of waiting) {
      if (taken >= allowed()) return;
      begin();
    }
  };
  const leave = (): void => {
    taken -= 1;
    admit();
  };
  return {
    turn: (milliseconds) => {
      const { promise, resolve } = Promise.withResolvers<(() => void) | undefined>();
      const begin = (): void => {
        waiting.delete(begin);
        clearTimeout(givingUp);
        taken += 1;
        resolve(leave);
      };
      const givingUp = setTimeout(() => {
        waiting.delete(begin);
        resolve(undefined);
      }, milliseconds);
      waiting.add(begin);
      admit();
      return promise;
    },
    admit,
  };
};
