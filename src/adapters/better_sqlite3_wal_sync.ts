// Waits for the disk beside the event loop. SQLite's own wait, synchronous=FULL, is the same fdatasync of the same
// write-ahead log, but all requests stand still with it, for as long as a busy disk takes.
import { closeSync, fdatasync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { StoreUnavailableError } from '../seams/store.ts';
import type { Fence } from './better_sqlite3_fence.ts';
import { syncPath } from './sync_path.ts';

export interface WalSync {
  /**
   * Resolves once everything that was committed before the call, by whatever connection, is on disk.
   *
   * @throws {StoreUnavailableError} when the disk did not take it. The fence is shut then: what the disk lost, no later
   *   sync brings back.
   */
  sync(): Promise<void>;
  /** Opened anew when it is needed. */
  close(): void;
}

const inMemory: WalSync = { sync: () => Promise.resolve(), close: () => undefined };

/** Where SQLite writes the log: beside the file a symbolic link leads to. */
const logOf = (client: Database.Database): string | undefined => {
  const databases = client.pragma('database_list') as readonly { readonly name: string; readonly file: string }[];
  const file = databases.find(({ name }) => name === 'main')?.file;
  return file ? `${file}-wal` : undefined;
};

/** @param client - in WAL mode, and open for as long as this is used: only the last connection removes the log. */
export const createWalSync = (client: Database.Database, fence: Fence): WalSync => {
  const path = logOf(client);
  if (path === undefined) return inMemory;
  let descriptor: number | undefined;
  const open = (): number => {
    const opened = openSync(path, 'r+');
    // A log that SQLite has just made is on disk, but maybe not its name: that is the folder's to keep, as SQLite knows.
    syncPath(dirname(path));
    return opened;
  };
  const refuse = (cause: unknown): StoreUnavailableError => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    fence.shut(`fdatasync of the write-ahead log answered ${code}`);
    return new StoreUnavailableError('the write-ahead log could not be synced to the disk', { cause });
  };
  const shut = (): StoreUnavailableError => new StoreUnavailableError(`nothing is synced any more: ${fence.reason()}`);
  return {
    sync: () =>
      new Promise((resolve, reject) => {
        if (fence.reason() !== undefined) {
          reject(shut());
          return;
        }
        try {
          descriptor ??= open();
        } catch (error) {
          reject(refuse(error));
          return;
        }
        fdatasync(descriptor, (error) => {
          if (error !== null) reject(refuse(error));
          // One that failed meanwhile may have had our pages: that this one went well proves nothing.
          else if (fence.reason() !== undefined) reject(shut());
          else resolve();
        });
      }),
    close: () => {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
};
