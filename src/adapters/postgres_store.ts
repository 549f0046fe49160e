// Store and RateLimiter on Postgres, for many nodes.
import type { Clock } from '../seams/clock.ts';
import { connectPostgres } from './postgres_connection.ts';
import { openPostgresDatabase } from './postgres_database.ts';
import type { PoolOptions } from './postgres_pool.ts';
import { composeSqlStore, type OpenedStore } from './sql_store.ts';

/** @param url - postgres://... @throws {OperatorError} see openPostgresDatabase. */
export const openPostgres = async (url: string, clock: Clock, options: PoolOptions): Promise<OpenedStore> =>
  composeSqlStore(connectPostgres(await openPostgresDatabase(url, options)), clock);
