// SQL as better-sqlite3 and D1 take it.
import { BaseSQLiteDatabase, SQLiteSyncDialect } from 'drizzle-orm/sqlite-core';
import { buildingSession, type SqlDialect } from './sql_statement.ts';
import { sqliteTables } from './sql_tables.ts';

const dialect = new SQLiteSyncDialect({ casing: 'snake_case' });

export const sqliteDialect: SqlDialect = {
  database: new BaseSQLiteDatabase('sync', dialect, buildingSession, undefined),
  tables: sqliteTables,
  compile: (text) => dialect.sqlToQuery(text),
};
