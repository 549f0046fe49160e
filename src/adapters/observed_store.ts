// Watches a Store from outside: how long its writes take, and what fails. Whatever the store is made of.
import type { Metrics } from '../seams/metrics.ts';
import { type Store, StoreUnavailableError } from '../seams/store.ts';

type Verb = (...parameters: readonly unknown[]) => Promise<unknown>;

const isRead = (name: string): boolean => /^(find|list|read|is|has)[A-Z]/.test(name);

const watchedRead =
  (verb: Verb, failed: (error: unknown) => void): Verb =>
  (...parameters) => {
    const answer = verb(...parameters);
    answer.catch(failed);
    return answer;
  };

const watchedWrite =
  (verb: Verb, failed: (error: unknown) => void, metrics: Metrics): Verb =>
  (...parameters) => {
    const started = performance.now();
    const answer = verb(...parameters);
    answer.then(() => metrics.storeWritten((performance.now() - started) / 1000), failed);
    return answer;
  };

export const watchStore = (store: Store, metrics: Metrics): Store => {
  const failed = (error: unknown): void =>
    metrics.storeFailed(error instanceof StoreUnavailableError ? 'unavailable' : 'other');
  const watched = Object.entries(store).map(([name, verb]: [string, Verb]) => {
    if (name === 'close') return [name, verb];
    return [name, isRead(name) ? watchedRead(verb, failed) : watchedWrite(verb, failed, metrics)];
  });
  // Object.fromEntries forgets the names; each verb takes and gives what it did.
  return Object.fromEntries(watched) as Store;
};
