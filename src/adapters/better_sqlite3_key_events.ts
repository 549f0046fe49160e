// KeyEventStore on better-sqlite3. Append-only: nothing here changes or deletes an entry.
import { asc, gte } from 'drizzle-orm';
import type { KeyEventStore, StoredKeyEvent } from '../seams/key_event_store.ts';
import type { SqliteConnection } from './better_sqlite3_connection.ts';
import type { SqliteDatabase } from './better_sqlite3_database.ts';
import { keyEvent } from './sqlite_schema.ts';

/** Undoes what was appended with an entry whose place was taken. */
class Rollback extends Error {}

/** SQLite takes 32766 values in one statement. */
const rowsPerStatement = 500;

const appendAll = (database: SqliteDatabase, events: readonly StoredKeyEvent[]): void => {
  for (let first = 0; first < events.length; first += rowsPerStatement) {
    const rows = events.slice(first, first + rowsPerStatement);
    if (database.insert(keyEvent).values(rows).onConflictDoNothing().run().changes < rows.length) throw new Rollback();
  }
};

const append = (database: SqliteDatabase, events: readonly StoredKeyEvent[]): boolean => {
  try {
    database.$client.transaction(appendAll).immediate(database, events);
    return true;
  } catch (error) {
    if (error instanceof Rollback) return false;
    throw error;
  }
};

export const createBetterSqlite3KeyEvents = ({ database, read, writeAlone }: SqliteConnection): KeyEventStore => ({
  readKeyEvents: (from) =>
    read(() => database.select().from(keyEvent).where(gte(keyEvent.seq, from)).orderBy(asc(keyEvent.seq)).all()),
  appendKeyEvents: (events) => writeAlone(() => append(database, events)),
});
