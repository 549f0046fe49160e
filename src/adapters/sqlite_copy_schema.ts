// The mark of a database that is a copy, of better-sqlite3 and D1. docs/backup-and-restore.md.
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { copyKinds } from '../seams/database_copy.ts';

/** At most one row, whose id is 1. */
export const databaseCopy = sqliteTable('database_copy', {
  id: integer().primaryKey(),
  kind: text({ enum: copyKinds }).notNull(),
  at: integer().notNull(),
  other: text(),
});
