// A thread that hashes passwords and does nothing else, at a low priority: what the machine must do meanwhile (sign,
// answer) comes first. Started by threaded_password_hasher.ts.
import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { hashNow, verifyNow } from './node_rs_password_hasher.ts';

/** Verifies where there is a hash, else makes one. */
export interface PasswordWork {
  readonly password: string;
  readonly passwordHash?: string;
}

export type PasswordOutcome = { readonly result: string | boolean } | { readonly error: unknown };

/** Linux alone gives each thread its own; elsewhere this would be the whole process. */
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

const outcomeOf = ({ password, passwordHash }: PasswordWork): PasswordOutcome => {
  try {
    return { result: passwordHash === undefined ? hashNow(password) : verifyNow(passwordHash, password) };
  } catch (error) {
    return { error };
  }
};

parentPort?.on('message', (work: PasswordWork) => parentPort?.postMessage(outcomeOf(work)));
