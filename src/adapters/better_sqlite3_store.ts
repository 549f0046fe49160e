// Store and RateLimiter on an SQLite file by better-sqlite3.
import type { Clock } from '../seams/clock.ts';
import type { Store } from '../seams/store.ts';
import { connect } from './better_sqlite3_connection.ts';
import { openSqliteDatabase } from './better_sqlite3_database.ts';
import { composeSqlStore, type OpenedStore } from './sql_store.ts';

/** @param path - see openSqliteDatabase. */
export const openBetterSqlite3 = (path: string, clock: Clock): OpenedStore => {
  const connection = connect(openSqliteDatabase(path));
  return { ...composeSqlStore(connection, clock), fence: connection.fence };
};

/** The store alone, for those that limit nothing. @param path - see openSqliteDatabase. */
export const createBetterSqlite3Store = (path: string, clock: Clock): Store => openBetterSqlite3(path, clock).store;
