// Store and RateLimiter on one better-sqlite3 connection: each verb is one statement or one savepoint of a group commit.
import type { Clock } from '../seams/clock.ts';
import type { RateLimiter } from '../seams/rate_limiter.ts';
import type { Store } from '../seams/store.ts';
import { createBetterSqlite3Audit } from './better_sqlite3_audit.ts';
import { createBetterSqlite3Clients } from './better_sqlite3_clients.ts';
import { connect } from './better_sqlite3_connection.ts';
import { openSqliteDatabase, type SqliteDatabase } from './better_sqlite3_database.ts';
import { createBetterSqlite3KeyEvents } from './better_sqlite3_key_events.ts';
import { createBetterSqlite3KeySetReaders } from './better_sqlite3_key_set_readers.ts';
import { createBetterSqlite3LogoutDeliveries } from './better_sqlite3_logout_deliveries.ts';
import { createBetterSqlite3Resources } from './better_sqlite3_resources.ts';
import { createBetterSqlite3Revocations } from './better_sqlite3_revocations.ts';
import { createBetterSqlite3Sessions } from './better_sqlite3_sessions.ts';
import { createBetterSqlite3SigningKeys } from './better_sqlite3_signing_keys.ts';
import { createBetterSqlite3Tokens } from './better_sqlite3_tokens.ts';
import { createBetterSqlite3Users } from './better_sqlite3_users.ts';
import { createSqliteRateLimiter } from './sqlite_rate_limiter.ts';

export interface BetterSqlite3 {
  /** Closing it closes the connection, once what was queued is on disk. */
  readonly store: Store;
  readonly rateLimiter: RateLimiter;
}

/** @param connection - to `database`. */
export const composeBetterSqlite3 = (
  database: SqliteDatabase,
  clock: Clock,
  connection = connect(database),
): BetterSqlite3 => {
  const store: Store = {
    ...createBetterSqlite3SigningKeys(connection, clock),
    ...createBetterSqlite3KeyEvents(connection),
    ...createBetterSqlite3KeySetReaders(connection),
    ...createBetterSqlite3Clients(connection, clock),
    ...createBetterSqlite3Resources(connection),
    ...createBetterSqlite3Users(connection),
    ...createBetterSqlite3Sessions(connection),
    ...createBetterSqlite3Tokens(connection, clock),
    ...createBetterSqlite3Audit(connection),
    ...createBetterSqlite3LogoutDeliveries(connection),
    ...createBetterSqlite3Revocations(connection),
    close: async () => {
      await connection.drain();
      await connection.read(() => {
        database.$client.close();
      });
    },
  };
  return { store, rateLimiter: createSqliteRateLimiter(connection, clock) };
};

/** @param path - see openSqliteDatabase. */
export const openBetterSqlite3 = (path: string, clock: Clock): BetterSqlite3 =>
  composeBetterSqlite3(openSqliteDatabase(path), clock);

/** The store alone, for those that limit nothing. @param path - see openSqliteDatabase. */
export const createBetterSqlite3Store = (path: string, clock: Clock): Store => openBetterSqlite3(path, clock).store;
