// KEYTURN_DATABASE_URL: which database is behind it, and whether it is there.
import { resolve } from 'node:path';
import type { Clock } from '../seams/clock.ts';
import type { Log } from '../seams/log.ts';
import { openBetterSqlite3 } from './better_sqlite3_store.ts';
import { assertNotLost, type RingSettings } from './lost_database.ts';
import type { PoolOptions } from './postgres_pool.ts';
import { isMissing } from './regular_file.ts';
import type { OpenedStore } from './sql_store.ts';

export const isPostgresUrl = (url: string): boolean => /^postgres(?:ql)?:/.test(url);

/** @param url - file:PATH. */
export const sqliteFileOf = (url: string): string => resolve(url.slice('file:'.length));

/**
 * Makes a file where there is none, and brings any database up to date.
 *
 * @throws {OperatorError} saying why it cannot be opened.
 */
export const openDatabase = async (
  url: string,
  clock: Clock,
  options: PoolOptions,
  log?: Log,
): Promise<OpenedStore> => {
  if (!isPostgresUrl(url)) return openBetterSqlite3(sqliteFileOf(url), clock, log);
  // Those on SQLite need not wait for the driver of Postgres.
  const { openPostgres } = await import('./postgres_store.ts');
  return openPostgres(url, clock, options);
};

/**
 * Whether a node has been started on it: a wrong URL must not look like an empty database.
 *
 * @returns what to call it where there is nothing yet; undefined where there is.
 * @throws {OperatorError} when it cannot be asked, or was lost.
 */
export const nothingAt = async (url: string, settings: RingSettings): Promise<string | undefined> => {
  if (!isPostgresUrl(url)) {
    const file = sqliteFileOf(url);
    assertNotLost(file, settings);
    return isMissing(file) ? file : undefined;
  }
  const { inspectPostgresDatabase } = await import('./postgres_database.ts');
  const { label, isEmpty } = await inspectPostgresDatabase(url);
  return isEmpty ? label : undefined;
};
