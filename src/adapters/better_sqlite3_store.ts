// Store and RateLimiter on an SQLite file by better-sqlite3.
import type { Clock } from '../seams/clock.ts';
import type { Log } from '../seams/log.ts';
import type { Store } from '../seams/store.ts';
import { connect } from './better_sqlite3_connection.ts';
import { openSqliteDatabase } from './better_sqlite3_database.ts';
import { createGroupCommit } from './better_sqlite3_group_commit.ts';
import { composeSqlStore, type OpenedStore } from './sql_store.ts';

/**
 * @param path - see openSqliteDatabase.
 * @param log - told of what its operator must look at while it is used.
 */
export const openBetterSqlite3 = (path: string, clock: Clock, log?: Log): OpenedStore => {
  const client = openSqliteDatabase(path);
  const connection = connect(client, createGroupCommit(client, undefined, undefined, undefined, log));
  return { ...composeSqlStore(connection, clock), fence: connection.fence };
};

/** The store alone, for those that limit nothing. @param path - see openSqliteDatabase. */
export const createBetterSqlite3Store = (path: string, clock: Clock): Store => openBetterSqlite3(path, clock).store;
