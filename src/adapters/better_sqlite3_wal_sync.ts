// Waits for the disk beside the event loop. SQLite's own wait, synchronous=FULL, is the same fdatasync of the same
// write-ahead log, but all requests stand still with it, for as long as a busy disk takes.
import { closeSync, fdatasync, openSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { StoreUnavailableError } from '../seams/store.ts';

export interface WalSync {
  /**
   * Resolves once everything that was committed before the call, by whatever connection, is on disk.
   *
   * @throws {StoreUnavailableError} when the disk did not take it.
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
export const createWalSync = (client: Database.Database): WalSync => {
  const path = logOf(client);
  if (path === undefined) return inMemory;
  let descriptor: number | undefined;
  return {
    sync: () =>
      new Promise((resolve, reject) => {
        descriptor ??= openSync(path, 'r+');
        fdatasync(descriptor, (cause) =>
          cause === null ? resolve() : reject(new StoreUnavailableError('the disk did not take a write', { cause })),
        );
      }),
    close: () => {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
};
