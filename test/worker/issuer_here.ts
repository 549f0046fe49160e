// Stands in for ../issuer_here.ts in the project `worker flows`, so that what tests there run unchanged: the same verbs
// on the Worker in workerd, its people and clients put in through its administration.
import { inject } from 'vitest';
import type { Environment } from '../../src/config.ts';
import type { AdministeredStore } from '../../src/seams/administered_store.ts';
import { type IssuerRecords, issuerRecords } from '../issuer_records.ts';
import { startWorker } from './running_worker.ts';

export interface IssuerHere extends IssuerRecords {
  readonly issuer: string;
  readonly store: AdministeredStore;
  close(): Promise<void>;
}

export const openIssuer = async (environment: Environment = {}): Promise<IssuerHere> => {
  const { issuer, store, close } = await startWorker({ workerFolder: inject('workerFolder'), environment });
  return { issuer, store, ...issuerRecords(store), close };
};
