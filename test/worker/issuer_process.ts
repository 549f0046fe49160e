// Stands in for ../issuer_process.ts in the project `worker flows`, so that what tests there run unchanged: the same verbs
// on the Worker in workerd, its people and clients put in through its administration.
import { inject } from 'vitest';
import type { Environment } from '../../src/config.ts';
import type { AdministeredStore } from '../../src/seams/administered_store.ts';
import { type IssuerRecords, issuerRecords } from '../issuer_records.ts';
import { makeFolder, type Outcome, runCli } from '../running_server.ts';
import { startWorker } from './running_worker.ts';

export interface IssuerProcess extends IssuerRecords {
  readonly issuer: string;
  readonly store: AdministeredStore;
  /** Runs `keyturn --remote ISSUER ARGS`. */
  runCli(args: readonly string[]): Promise<Outcome>;
  close(): Promise<string>;
}

export const startIssuer = async (environment: Environment = {}): Promise<IssuerProcess> => {
  const worker = await startWorker({ workerFolder: inject('workerFolder'), environment });
  const { issuer, store, token } = worker;
  const folder = makeFolder();
  return {
    issuer,
    store,
    ...issuerRecords(store),
    runCli: (args) => runCli(['--remote', issuer, ...args], folder, { KEYTURN_ADMIN_TOKEN: token }),
    close: async () => {
      await worker.close();
      return worker.logged.join('\n');
    },
  };
};
