// A lock that a process loses by ending, however it ends, so that none is ever stale: SQLite's own, which the operating
// system keeps, on an empty file. The file stays: a lock on one that was removed would keep nobody out.
import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { isBusy } from './better_sqlite3_errors.ts';

/** Long enough for a file to be replaced; without any, of those that come together none might get it. */
const waitMilliseconds = 300;

/** @returns how to give it back; undefined when another has it, and keeps it. */
export const lockFile = (file: string): (() => void) | undefined => {
  closeSync(openSync(file, 'a', 0o600));
  const client = new Database(file, { timeout: waitMilliseconds });
  try {
    client.exec('BEGIN EXCLUSIVE');
    return () => client.close();
  } catch (error) {
    client.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
};
