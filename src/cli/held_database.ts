// Databases held, so that nobody else writes to them: for who copies one, or ends everything in one. A kind of database
// is a function here.
import { openSqliteDatabase } from '../adapters/better_sqlite3_database.ts';
import { holdSqliteFile } from '../adapters/better_sqlite3_files.ts';
import { connectHeld } from '../adapters/better_sqlite3_held.ts';
import { isPostgresUrl, nothingAt, sqliteFileOf } from '../adapters/database_url.ts';
import type { RingSettings } from '../adapters/lost_database.ts';
import type { NamedConnection } from '../adapters/sql_copy.ts';
import { OperatorError } from '../errors.ts';

export interface HeldDatabase extends NamedConnection {
  /** @throws {OperatorError} when somebody else came in after all. */
  assertAlone(): Promise<void>;
  /** What is due after rows came with the ids they had elsewhere. */
  countOn(): Promise<void>;
}

const holdFile = (url: string): HeldDatabase => {
  const file = sqliteFileOf(url);
  // It is of this version's schema before anything is done with it.
  openSqliteDatabase(file, { copiesToo: true }).close();
  const connection = connectHeld(holdSqliteFile(file));
  return { name: file, connection, assertAlone: async () => undefined, countOn: async () => undefined };
};

/** @throws {OperatorError} when it is in use. */
export const holdDatabase = async (url: string): Promise<HeldDatabase> =>
  isPostgresUrl(url) ? (await import('../adapters/postgres_held.ts')).holdPostgres(url) : holdFile(url);

/** @throws {OperatorError} when there is none, it was lost, or it is in use. */
export const holdExistingDatabase = async (url: string, settings: RingSettings): Promise<HeldDatabase> => {
  const nothing = await nothingAt(url, settings);
  if (nothing !== undefined) throw new OperatorError(`There is no database at ${nothing}.`);
  return holdDatabase(url);
};
