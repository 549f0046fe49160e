// What group commit is measured against: each write a transaction of its own, waited for on its own, as SQLite does it
// with synchronous=FULL.
import type Database from 'better-sqlite3';
import { createFence } from '../src/adapters/better_sqlite3_fence.ts';
import type { GroupCommit } from '../src/adapters/better_sqlite3_group_commit.ts';

export const commitEach = (client: Database.Database): GroupCommit => {
  const alone = async <Result>(work: () => Result): Promise<Result> => client.transaction(work).immediate();
  const done = (): Promise<void> => Promise.resolve();
  return { write: alone, writeUnsynced: alone, settled: done, uncopied: done, drain: done, fence: createFence() };
};
