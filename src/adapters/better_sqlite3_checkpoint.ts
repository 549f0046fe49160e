// Copies the write-ahead log into the database when it is long. SQLite's own automatic checkpoint keeps it to itself when
// that fails, and a failed fsync must not go by unseen.
import type Database from 'better-sqlite3';
import { walPagesBeforeCheckpoint } from './better_sqlite3_database.ts';
import type { Fence } from './better_sqlite3_fence.ts';

/** How long the log is takes some microseconds to ask. */
const commitsBetweenLooks = 16;

interface Checkpointed {
  /** Pages in the log; -1 without one. */
  readonly log: number;
  readonly checkpointed: number;
}

/** @returns what is to be called after each commit. */
export const checkpointWhenLong = (client: Database.Database, fence: Fence): (() => void) => {
  client.pragma('wal_autocheckpoint = 0');
  const look = client.prepare<[], Checkpointed>('PRAGMA wal_checkpoint(NOOP)');
  const checkpoint = client.prepare<[], Checkpointed>('PRAGMA wal_checkpoint(PASSIVE)');
  let commits = 0;
  return () => {
    commits += 1;
    if (commits < commitsBetweenLooks) return;
    commits = 0;
    try {
      const { log, checkpointed } = look.get() ?? { log: 0, checkpointed: 0 };
      if (log - checkpointed >= walPagesBeforeCheckpoint) checkpoint.get();
    } catch (error) {
      // A full disk, say, or a reader in the way: what the log has is safe there, and tried again.
      fence.watch(error);
    }
  };
};
