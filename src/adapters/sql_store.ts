// Store and RateLimiter on one SQL connection, whatever database is behind it.
import type { Clock } from '../seams/clock.ts';
import type { RateLimiter } from '../seams/rate_limiter.ts';
import type { Store } from '../seams/store.ts';
import type { StoreFence } from '../seams/store_fence.ts';
import { createRecording, createSqlAudit } from './sql_audit.ts';
import { createSqlClients } from './sql_clients.ts';
import type { SqlConnection } from './sql_connection.ts';
import { createHolds } from './sql_holds.ts';
import { createSqlKeyEvents } from './sql_key_events.ts';
import { createSqlKeySetReaders } from './sql_key_set_readers.ts';
import { createSqlLogoutDeliveries } from './sql_logout_deliveries.ts';
import { createSqlRateLimiter } from './sql_rate_limiter.ts';
import { createSqlResources } from './sql_resources.ts';
import { createSqlRestoration } from './sql_restoration.ts';
import { createSqlRevocations } from './sql_revocations.ts';
import { createRevoking } from './sql_revoking.ts';
import { createSqlSessions } from './sql_sessions.ts';
import { createSqlSigningKeys } from './sql_signing_keys.ts';
import { createSqlTokens } from './sql_tokens.ts';
import { createSqlUsers } from './sql_users.ts';

export interface OpenedStore {
  /** Closing it closes the connection, once what was begun is on disk. */
  readonly store: Store;
  readonly rateLimiter: RateLimiter;
  /** Where a failing disk ends all writing. */
  readonly fence?: StoreFence;
}

export const composeSqlStore = (connection: SqlConnection, clock: Clock): OpenedStore => {
  const revoking = createRevoking(connection);
  const recording = createRecording(connection);
  const store: Store = {
    ...createSqlSigningKeys(connection, clock),
    ...createSqlKeyEvents(connection),
    ...createSqlKeySetReaders(connection),
    ...createSqlClients(connection, clock, revoking, recording),
    ...createSqlResources(connection, recording),
    ...createSqlUsers(connection, revoking, recording),
    ...createSqlSessions(connection, revoking, recording),
    ...createSqlTokens(connection, clock, createHolds(connection), revoking, recording),
    ...createSqlAudit(connection, recording),
    ...createSqlLogoutDeliveries(connection),
    ...createSqlRevocations(connection, revoking, recording),
    ...createSqlRestoration(connection),
    close: () => connection.close(),
  };
  return { store, rateLimiter: createSqlRateLimiter(connection, clock) };
};
