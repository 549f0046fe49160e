// Bounds a PasswordHasher: so many at once, so many waiting, none of them for long, the rest refused, so that hashing never
// starves signing.
import { type PasswordHasher, PasswordHasherBusyError } from '../seams/password_hasher.ts';

export interface BoundedPasswordHasher extends PasswordHasher {
  /** How many are being hashed, and how many wait. */
  queue(): { readonly running: number; readonly waiting: number };
}

/** Who waits for both, as for a new password, is answered before their connection is taken for stuck, at 30 s. */
const mostWaitMilliseconds = { verify: 20_000, hash: 8_000 } as const;

/**
 * @param mostAtOnce - below the size of the thread pool.
 * @param mostWaiting - beyond them, PasswordHasherBusyError, as for a verification that has waited 20 s, and a hash that
 *   has waited 8 s.
 * @param waited - told of each that begins, with the seconds it has waited.
 */
export const boundPasswordHasher = (
  hasher: PasswordHasher,
  mostAtOnce: number,
  mostWaiting: number,
  waited?: (seconds: number) => void,
): BoundedPasswordHasher => {
  let running = 0;
  const waiting: (() => void)[] = [];
  const wait = async (milliseconds: number): Promise<void> => {
    let refusing: ReturnType<typeof setTimeout> | undefined;
    const turn = new Promise<void>((resolve, reject) => {
      waiting.push(resolve);
      refusing = setTimeout(() => {
        const place = waiting.indexOf(resolve);
        if (place !== -1) waiting.splice(place, 1);
        reject(new PasswordHasherBusyError('A password has waited too long to be hashed.'));
      }, milliseconds);
    });
    await turn.finally(() => clearTimeout(refusing));
  };
  const bounded = async <Result>(
    kind: keyof typeof mostWaitMilliseconds,
    work: () => Promise<Result>,
  ): Promise<Result> => {
    const asked = performance.now();
    if (running < mostAtOnce) running += 1;
    else if (waiting.length >= mostWaiting) throw new PasswordHasherBusyError('Too many passwords are being hashed.');
    else await wait(mostWaitMilliseconds[kind]);
    waited?.((performance.now() - asked) / 1000);
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
  return {
    hash: (password) => bounded('hash', () => hasher.hash(password)),
    verify: (passwordHash, password) => bounded('verify', () => hasher.verify(passwordHash, password)),
    accepts: (passwordHash) => hasher.accepts(passwordHash),
    needsRehash: (passwordHash) => hasher.needsRehash(passwordHash),
    queue: () => ({ running, waiting: waiting.length }),
  };
};
