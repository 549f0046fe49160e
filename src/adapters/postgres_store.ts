// Store and RateLimiter on Postgres, for many nodes.
import type { Clock } from '../seams/clock.ts';
import { connectPostgres } from './postgres_connection.ts';
import { openPostgresDatabase } from './postgres_database.ts';
import type { PoolOptions } from './postgres_pool.ts';
import { readPostgresUrl } from './postgres_url.ts';
import type { SqlConnection } from './sql_connection.ts';
import { createCopyMark, refusalOf } from './sql_copy_mark.ts';
import { composeSqlStore, type OpenedStore } from './sql_store.ts';

const assertServed = async (connection: SqlConnection, url: string): Promise<void> => {
  const mark = await createCopyMark(connection).find();
  if (mark !== undefined) throw refusalOf(readPostgresUrl(url).label, mark);
};

/** @param url - postgres://... @throws {OperatorError} see openPostgresDatabase; or when it is a copy that is not to be served. */
export const openPostgres = async (url: string, clock: Clock, options: PoolOptions): Promise<OpenedStore> => {
  const connection = connectPostgres(await openPostgresDatabase(url, options));
  try {
    await assertServed(connection, url);
    return composeSqlStore(connection, clock);
  } catch (error) {
    await connection.close();
    throw error;
  }
};
