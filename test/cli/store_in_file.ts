// The store of an SQLite file, wherever that is, by the clock of the system.
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import type { Store } from '../../src/seams/store.ts';

export const withStoreIn = async <Result>(path: string, work: (store: Store) => Promise<Result>): Promise<Result> => {
  const store = createBetterSqlite3Store(path, systemClock);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};
