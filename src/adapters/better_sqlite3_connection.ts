import { type Placeholder, sql } from 'drizzle-orm';
import { busyTimeoutMilliseconds, type SqliteDatabase } from './better_sqlite3_database.ts';
import { createGroupCommit, type GroupCommit, toStoreError } from './better_sqlite3_group_commit.ts';
import { createRowCaches, type RowCaches } from './better_sqlite3_row_cache.ts';

/** One open database as the stores on it use it: reads at once, writes together. */
export interface SqliteConnection extends GroupCommit {
  readonly database: SqliteDatabase;
  readonly rowCaches: RowCaches;
  /** Runs at once. An error of SQLite itself becomes StoreUnavailableError. */
  read<Result>(work: () => Result): Promise<Result>;
  /** Runs at once, for what is rare: while another process writes, the event loop waits. */
  writeAlone<Result>(work: () => Result): Promise<Result>;
}

const waiting = <Result>({ $client }: SqliteDatabase, work: () => Result): Result => {
  const before = $client.pragma('busy_timeout', { simple: true });
  $client.pragma(`busy_timeout = ${busyTimeoutMilliseconds}`);
  try {
    return work();
  } finally {
    $client.pragma(`busy_timeout = ${before}`);
  }
};

export const connect = (database: SqliteDatabase): SqliteConnection => {
  const read: SqliteConnection['read'] = async (work) => {
    try {
      return work();
    } catch (error) {
      throw toStoreError(error);
    }
  };
  return {
    ...createGroupCommit(database.$client),
    database,
    rowCaches: createRowCaches(database.$client),
    read,
    writeAlone: (work) => read(() => waiting(database, work)),
  };
};

/** @returns a placeholder for each column, named as its property: a prepared insert then takes a record as it is. */
export const placeholders = <Name extends string>(
  columns: Readonly<Record<Name, unknown>>,
): Record<Name, Placeholder> =>
  // Object.fromEntries forgets the names.
  Object.fromEntries(Object.keys(columns).map((name) => [name, sql.placeholder(name)])) as Record<Name, Placeholder>;
