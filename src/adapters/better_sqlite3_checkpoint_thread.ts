// A thread that copies the write-ahead log into the database and does nothing else, on a connection of its own. Started by
// better_sqlite3_checkpoint.ts.
import { statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

export type CheckpointOrder = 'copy' | 'end';

/** `refused`: what SQLite said, as `code` of its errors. */
export interface CheckpointOutcome {
  readonly refused?: string;
}

/** A file as it was when it was opened, so that one which took its name since is known. */
export interface OpenedFile {
  readonly path: string;
  readonly inode: bigint;
}

const { path, inode } = workerData as OpenedFile;
// The log beside another file is still ours: SQLite would take it for the other's.
if (statSync(path, { bigint: true }).ino !== inode) throw new Error('The database was moved while it was open.');
const client = new Database(path, { fileMustExist: true });
client.pragma('synchronous = FULL');
/** Copies as far as nobody who reads is in the way, and waits for no one who writes. */
const copy = client.prepare('PRAGMA wal_checkpoint(PASSIVE)');

const outcome = (): CheckpointOutcome => {
  try {
    copy.get();
    return {};
  } catch (error) {
    return { refused: error instanceof Database.SqliteError ? error.code : String(error) };
  }
};

parentPort?.on('message', (order: CheckpointOrder) => {
  if (order === 'copy') {
    parentPort?.postMessage(outcome());
    return;
  }
  client.close();
  parentPort?.close();
});
