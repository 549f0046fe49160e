// A thread that copies the write-ahead log into the database and does nothing else, on a connection of its own. Started by
// better_sqlite3_checkpoint.ts.
import { statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

/** `finish` keeps everybody from writing meanwhile. */
export type CheckpointOrder = 'copy' | 'finish' | 'end';

/** `refused` is what SQLite said, as `code` of its errors. */
export type CheckpointOutcome = { readonly isWhole: boolean } | { readonly refused: string };

interface Copied {
  /** 1 where another process copies. */
  readonly busy: number;
  /** Pages in the log when it began. */
  readonly log: number;
  readonly checkpointed: number;
}

/** A file as it was when it was opened, so that one which took its name since is known. */
export interface OpenedFile {
  readonly path: string;
  readonly inode: bigint;
}

/** For who writes in another process, and for who reads; nobody writes then. */
const waitMilliseconds = 50;

const { path, inode } = workerData as OpenedFile;
// The log beside another file is still ours: SQLite would take it for the other's.
if (statSync(path, { bigint: true, throwIfNoEntry: false })?.ino !== inode)
  throw new Error('The database was moved while it was open: put it back in its place.');
const client = new Database(path, { fileMustExist: true, timeout: waitMilliseconds });
client.pragma('synchronous = FULL');
const statements = {
  /** As far as nobody who reads is in the way. It waits for no one. */
  copy: client.prepare<[], Copied>('PRAGMA wal_checkpoint(PASSIVE)'),
  /** Has the lock of those who write, of other processes too: between two of their writes a log is never copied whole. */
  finish: client.prepare<[], Copied>('PRAGMA wal_checkpoint(FULL)'),
};

const outcome = (order: keyof typeof statements): CheckpointOutcome => {
  try {
    const copied = statements[order].get();
    return { isWhole: copied?.busy === 0 && copied.checkpointed === copied.log };
  } catch (error) {
    return { refused: error instanceof Database.SqliteError ? error.code : String(error) };
  }
};

parentPort?.on('message', (order: CheckpointOrder) => {
  if (order !== 'end') {
    parentPort?.postMessage(outcome(order));
    return;
  }
  client.close();
  parentPort?.close();
});
