// A PasswordHasher with threads of its own, so that neither libuv's pool, where RS256 tokens are signed, nor the main
// thread ever waits behind a password (T106). To be bounded: it starts a thread for each work that finds none idle.
import type { Worker } from 'node:worker_threads';
import type { Log } from '../seams/log.ts';
import { type PasswordHasher, PasswordHasherBusyError } from '../seams/password_hasher.ts';
import { askThread, startThread, threadAdvice } from './answering_thread.ts';
import type { PasswordOutcome, PasswordWork } from './password_thread.ts';

/** @param told - that the machine gives no thread, once, until it gave one again. */
export const createThreadedPasswordHasher = (
  judgement: Pick<PasswordHasher, 'accepts' | 'needsRehash'>,
  told?: Pick<Log, 'error'>,
): PasswordHasher => {
  const idle: Worker[] = [];
  let failing = false;
  const forget = (thread: Worker): void => {
    const place = idle.indexOf(thread);
    if (place !== -1) idle.splice(place, 1);
  };
  const tellFailure = (error: unknown): void => {
    if (!failing) told?.error({ reason: String(error), advice: threadAdvice }, 'no thread hashes passwords');
    failing = true;
  };
  const run = async (work: PasswordWork): Promise<string | boolean> => {
    let outcome: PasswordOutcome;
    try {
      const thread = idle.pop() ?? startThread('./password_thread.ts', forget);
      outcome = await askThread<PasswordOutcome>(thread, work);
      idle.push(thread);
      failing = false;
    } catch (error) {
      // Files, threads and memory come back: whoever signs in is to try again.
      tellFailure(error);
      throw new PasswordHasherBusyError(`A password could not be hashed (${error}). ${threadAdvice}`, { cause: error });
    }
    if ('error' in outcome) throw outcome.error;
    return outcome.result;
  };
  return {
    hash: async (password) => String(await run({ password })),
    verify: async (passwordHash, password) => (await run({ password, passwordHash })) === true,
    accepts: judgement.accepts,
    needsRehash: judgement.needsRehash,
  };
};
