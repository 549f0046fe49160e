// One process's way to the database: slow at times, cut off at times, and the place where a process is killed, before or
// after any one of its steps.
import type { SigningKeyStore } from '../seams/signing_key_store.ts';
import { StoreUnavailableError } from '../seams/store.ts';
import type { KeyDatabase } from './key_database.ts';
import type { VirtualTime } from './virtual_time.ts';

/** The process is gone: nothing of it runs any more. */
export class Killed extends Error {
  override name = 'Killed';
}

export interface Kill {
  /** From 1. */
  readonly step: number;
  readonly when: 'before' | 'after';
}

export interface Connection {
  readonly store: SigningKeyStore;
  /** Nothing gets through until then. */
  cutOffUntil(time: number): void;
  /** How long each step takes from now on. */
  slowDown(seconds: number): void;
  /** The process dies at this step from now. */
  kill(kill: Kill): void;
}

export const createConnection = (database: KeyDatabase, time: VirtualTime): Connection => {
  let [openFrom, latencySeconds, step] = [0, 0, 0];
  let doom: Kill | undefined;
  const dieIf = (when: Kill['when']): void => {
    if (doom?.step === step && doom.when === when) throw new Killed();
  };
  const { store } = database;
  const through =
    <Args extends readonly unknown[], Result>(verb: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (latencySeconds > 0) await time.sleepUntil(time.now() + latencySeconds);
      if (database.isDown() || time.now() < openFrom) throw new StoreUnavailableError('the database does not answer');
      step += 1;
      dieIf('before');
      const result = await verb(...args);
      dieIf('after');
      return result;
    };
  return {
    store: {
      readSigningKeys: through(store.readSigningKeys),
      publishSigningKey: through(store.publishSigningKey),
      activateSigningKeys: through(store.activateSigningKeys),
      erasePrivateHalf: through(store.erasePrivateHalf),
      raiseLongestToken: through(store.raiseLongestToken),
      revokeSigningKey: through(store.revokeSigningKey),
      rewrapSigningKey: through(store.rewrapSigningKey),
    },
    cutOffUntil: (until) => {
      openFrom = until;
    },
    slowDown: (seconds) => {
      latencySeconds = seconds;
    },
    kill: (kill) => {
      doom = kill;
      step = 0;
    },
  };
};
