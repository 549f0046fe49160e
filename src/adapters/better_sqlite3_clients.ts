// ClientStore on better-sqlite3.
import { and, asc, eq, isNotNull, max, sql } from 'drizzle-orm';
import type { ClientStore } from '../seams/client_store.ts';
import type { Clock } from '../seams/clock.ts';
import type { SqliteConnection } from './better_sqlite3_connection.ts';
import type { SqliteDatabase } from './better_sqlite3_database.ts';
import { revokeTokensOfClient } from './better_sqlite3_revoking.ts';
import { endFamiliesUnmarked } from './better_sqlite3_tokens.ts';
import { revocationMark } from './sqlite_revocation_schema.ts';
import { authorizationCode, client, consent, logoutDelivery, tokenFamily } from './sqlite_schema.ts';

const prepareStatements = (database: SqliteDatabase) => ({
  findClient: database
    .select()
    .from(client)
    .where(eq(client.clientId, sql.placeholder('clientId')))
    .prepare(),
  lastMark: database
    .select({ notBefore: max(revocationMark.notBefore) })
    .from(revocationMark)
    .where(and(eq(revocationMark.kind, 'client_id'), eq(revocationMark.value, sql.placeholder('clientId'))))
    .prepare(),
});

export const createBetterSqlite3Clients = (
  { database, rowCaches, read, write }: SqliteConnection,
  clock: Clock,
): ClientStore => {
  const { findClient, lastMark } = prepareStatements(database);
  const clients = rowCaches.of((clientId) => findClient.get({ clientId }));
  return {
    findClient: (clientId) => read(() => clients.find(clientId)),
    listClients: () => read(() => database.select().from(client).orderBy(asc(client.clientId)).all()),
    addClient: (added) =>
      write(() => {
        clients.forget();
        // Marks outlive their client: the tokens of one of the same name, removed a moment ago, stay revoked.
        const tokensNotBefore = added.tokensNotBefore ?? lastMark.get({ clientId: added.clientId })?.notBefore ?? null;
        return (
          database
            .insert(client)
            .values({ ...added, tokensNotBefore })
            .onConflictDoNothing()
            .run().changes === 1
        );
      }),
    rotateClientSecret: (clientId, secretSha256, previousExpiresAt) =>
      write(() => {
        clients.forget();
        const { changes } = database
          .update(client)
          .set({
            previousClientSecretSha256: sql`client_secret_sha256`,
            previousClientSecretExpiresAt: previousExpiresAt,
            clientSecretSha256: secretSha256,
          })
          .where(and(eq(client.clientId, clientId), isNotNull(client.clientSecretSha256)))
          .run();
        return changes === 1;
      }),
    removeClient: (clientId) =>
      write(() => {
        clients.forget();
        if (findClient.get({ clientId }) === undefined) return false;
        revokeTokensOfClient(database, clientId, clock.now());
        database.delete(client).where(eq(client.clientId, clientId)).run();
        endFamiliesUnmarked(database, eq(tokenFamily.clientId, clientId), 'client_removed', clock.now());
        database.delete(authorizationCode).where(eq(authorizationCode.clientId, clientId)).run();
        database.delete(consent).where(eq(consent.clientId, clientId)).run();
        database.delete(logoutDelivery).where(eq(logoutDelivery.clientId, clientId)).run();
        return true;
      }),
  };
};
