// SqlConnection on a held SQLite file. It has no write-ahead log: each commit is on disk when it returns.
import type Database from 'better-sqlite3';
import { connect } from './better_sqlite3_connection.ts';
import { busyTimeoutMilliseconds } from './better_sqlite3_database.ts';
import { createFence } from './better_sqlite3_fence.ts';
import { createGroupCommit } from './better_sqlite3_group_commit.ts';
import type { SqlConnection } from './sql_connection.ts';

const nothingToSync = { sync: () => Promise.resolve(), close: () => undefined };

/** @param client - as holdSqliteFile gives it. */
export const connectHeld = (client: Database.Database): SqlConnection =>
  connect(client, createGroupCommit(client, busyTimeoutMilliseconds, createFence(), nothingToSync));
