// The mark of a database that is a copy, of Postgres: the table of sqlite_copy_schema.ts.
import { pgTable } from 'drizzle-orm/pg-core';
import type { CopyKind } from '../seams/database_copy.ts';
import { integer, text } from './postgres_columns.ts';

/** At most one row, whose id is 1. */
export const databaseCopy = pgTable('database_copy', {
  id: integer().primaryKey(),
  kind: text().$type<CopyKind>().notNull(),
  at: integer().notNull(),
  other: text(),
});
