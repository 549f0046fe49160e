// What the issuers of the run share: a SQLite file on one machine, or a Postgres that each reaches from a machine of its own.
import { join } from 'node:path';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { openPostgres } from '../../src/adapters/postgres_store.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import type { Store } from '../../src/seams/store.ts';
import { createMachineClock, type MachineClock } from '../machine_clock.ts';
import { startCluster } from '../postgres/cluster.ts';

export interface RunDatabase {
  readonly url: string;
  /** One for each issuer; the same one where they share a machine. */
  readonly clocks: readonly MachineClock[];
  /** To be opened when the first issuer has made the tables. */
  openStore(): Promise<Store>;
  close(): Promise<void>;
}

const onOneMachine = async (folder: string, issuers: number): Promise<RunDatabase> => {
  const path = join(folder, 'keyturn.sqlite');
  const clock = await createMachineClock(folder);
  return {
    url: `file:${path}`,
    clocks: Array.from({ length: issuers }, () => clock),
    openStore: async () => createBetterSqlite3Store(path, systemClock),
    close: () => Promise.resolve(),
  };
};

const onMachinesOfTheirOwn = async (folder: string, issuers: number): Promise<RunDatabase> => {
  const cluster = await startCluster();
  const url = cluster.url('postgres');
  return {
    url,
    clocks: await Promise.all(
      Array.from({ length: issuers }, (_, place) => createMachineClock(folder, `clock-${place}`)),
    ),
    openStore: async () => (await openPostgres(url, systemClock, { connections: 2, patienceSeconds: 20 })).store,
    close: () => cluster.remove(),
  };
};

/** @param kind - `sqlite` or `postgres`. */
export const openRunDatabase = (kind: string, folder: string, issuers: number): Promise<RunDatabase> => {
  if (kind === 'sqlite') return onOneMachine(folder, issuers);
  if (kind === 'postgres') return onMachinesOfTheirOwn(folder, issuers);
  throw new Error('--database takes sqlite or postgres');
};
