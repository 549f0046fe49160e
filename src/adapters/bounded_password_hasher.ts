// Bounds work with passwords: so much at once, so much waiting in the order it came, the rest refused, so that hashing
// never starves signing.
import { type PasswordHasher, PasswordHasherBusyError } from '../seams/password_hasher.ts';
import { StoreUnavailableError } from '../seams/store.ts';

export interface BoundedWork {
  /** @throws {PasswordHasherBusyError} @throws {StoreUnavailableError} also where it is one before that met it. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  /** How much is being done, and how much waits. */
  queue(): { readonly running: number; readonly waiting: number };
}

/**
 * @param mostWaiting - beyond them, PasswordHasherBusyError.
 * @param waited - told of each that begins, with the seconds it has waited.
 */
export const boundPasswordWork = (
  mostAtOnce: number,
  mostWaiting: number,
  waited?: (seconds: number) => void,
): BoundedWork => {
  let running = 0;
  const waiting: { readonly begin: () => void; readonly refuse: (reason: Error) => void }[] = [];
  return {
    run: async (work) => {
      const asked = performance.now();
      if (running < mostAtOnce) running += 1;
      else if (waiting.length >= mostWaiting) throw new PasswordHasherBusyError('Too many passwords are being hashed.');
      else await new Promise<void>((begin, refuse) => waiting.push({ begin, refuse }));
      waited?.((performance.now() - asked) / 1000);
      try {
        return await work();
      } catch (error) {
        // Each of those who wait would wait for the same database in turn, and the last of them for half a minute.
        if (error instanceof StoreUnavailableError) for (const { refuse } of waiting.splice(0)) refuse(error);
        throw error;
      } finally {
        const next = waiting.shift();
        if (next === undefined) running -= 1;
        else next.begin();
      }
    },
    queue: () => ({ running, waiting: waiting.length }),
  };
};

/** @param mostAtOnce - below the size of the thread pool. */
export const boundPasswordHasher = (
  hasher: PasswordHasher,
  mostAtOnce: number,
  mostWaiting: number,
): PasswordHasher & Pick<BoundedWork, 'queue'> => {
  const { run, queue } = boundPasswordWork(mostAtOnce, mostWaiting);
  return {
    hash: (password) => run(() => hasher.hash(password)),
    verify: (passwordHash, password) => run(() => hasher.verify(passwordHash, password)),
    accepts: (passwordHash) => hasher.accepts(passwordHash),
    needsRehash: (passwordHash) => hasher.needsRehash(passwordHash),
    queue,
  };
};
