// A PasswordHasher with threads of its own, so that neither libuv's pool, where RS256 tokens are signed, nor the main
// thread ever waits behind a password (T106). To be bounded: it starts a thread for each work that finds none idle.
import type { Worker } from 'node:worker_threads';
import type { PasswordHasher } from '../seams/password_hasher.ts';
import { askThread, startThread } from './answering_thread.ts';
import type { PasswordOutcome, PasswordWork } from './password_thread.ts';

export const createThreadedPasswordHasher = (
  judgement: Pick<PasswordHasher, 'accepts' | 'needsRehash'>,
): PasswordHasher => {
  const idle: Worker[] = [];
  const forget = (thread: Worker): void => {
    const place = idle.indexOf(thread);
    if (place !== -1) idle.splice(place, 1);
  };
  const run = async (work: PasswordWork): Promise<string | boolean> => {
    const thread = idle.pop() ?? startThread('./password_thread.ts', forget);
    const outcome = await askThread<PasswordOutcome>(thread, work);
    idle.push(thread);
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
