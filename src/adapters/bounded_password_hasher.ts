// Bounds a PasswordHasher: so many at once, so many waiting, the rest refused, so that hashing never starves signing.
import { type PasswordHasher, PasswordHasherBusyError } from '../seams/password_hasher.ts';

/**
 * @param mostAtOnce - below the size of the thread pool.
 * @param mostWaiting - beyond them, PasswordHasherBusyError.
 */
export const boundPasswordHasher = (
  hasher: PasswordHasher,
  mostAtOnce: number,
  mostWaiting: number,
): PasswordHasher => {
  let running = 0;
  const waiting: (() => void)[] = [];
  const bounded = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running < mostAtOnce) running += 1;
    else if (waiting.length >= mostWaiting) throw new PasswordHasherBusyError('Too many passwords are being hashed.');
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
  return {
    hash: (password) => bounded(() => hasher.hash(password)),
    verify: (passwordHash, password) => bounded(() => hasher.verify(passwordHash, password)),
    accepts: (passwordHash) => hasher.accepts(passwordHash),
    needsRehash: (passwordHash) => hasher.needsRehash(passwordHash),
  };
};
