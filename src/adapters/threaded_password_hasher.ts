// A PasswordHasher with threads of its own, so that neither libuv's pool, where RS256 tokens are signed, nor the main
// thread ever waits behind a password (T106). To be bounded: it starts a thread for each work that finds none idle.
import { Worker } from 'node:worker_threads';
import type { PasswordHasher } from '../seams/password_hasher.ts';
import type { PasswordOutcome, PasswordWork } from './password_thread.ts';

export const createThreadedPasswordHasher = (
  judgement: Pick<PasswordHasher, 'accepts' | 'needsRehash'>,
): PasswordHasher => {
  const idle: Worker[] = [];
  const start = (): Worker => {
    const thread = new Worker(new URL('./password_thread.ts', import.meta.url));
    // Nothing to finish: a process that ends does not wait for it.
    thread.unref();
    thread.on('error', () => undefined);
    thread.once('exit', () => {
      const place = idle.indexOf(thread);
      if (place !== -1) idle.splice(place, 1);
    });
    return thread;
  };
  const run = (work: PasswordWork): Promise<string | boolean> => {
    const thread = idle.pop() ?? start();
    const { promise, resolve, reject } = Promise.withResolvers<string | boolean>();
    const onExit = (): void => reject(new Error('The thread that hashes passwords ended.'));
    thread.once('exit', onExit);
    thread.once('message', (outcome: PasswordOutcome) => {
      thread.off('exit', onExit);
      idle.push(thread);
      if ('error' in outcome) reject(outcome.error);
      else resolve(outcome.result);
    });
    thread.postMessage(work);
    return promise;
  };
  return {
    hash: async (password) => String(await run({ password })),
    verify: async (passwordHash, password) => (await run({ password, passwordHash })) === true,
    accepts: judgement.accepts,
    needsRehash: judgement.needsRehash,
  };
};
