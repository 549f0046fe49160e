// ClientStore on better-sqlite3.
import { and, asc, eq, isNotNull, sql } from 'drizzle-orm';
import type { ClientStore } from '../seams/client_store.ts';
import type { Clock } from '../seams/clock.ts';
import type { SqliteConnection } from './better_sqlite3_connection.ts';
import type { SqliteDatabase } from './better_sqlite3_database.ts';
import { endFamilies } from './better_sqlite3_tokens.ts';
import { authorizationCode, client, consent, logoutDelivery, tokenFamily } from './sqlite_schema.ts';

const prepareStatements = (database: SqliteDatabase) => ({
  findClient: database
    .select()
    .from(client)
    .where(eq(client.clientId, sql.placeholder('clientId')))
    .prepare(),
});

export const createBetterSqlite3Clients = (
  { database, cacheRows, read, write }: SqliteConnection,
  clock: Clock,
): ClientStore => {
  const { findClient } = prepareStatements(database);
  const clients = cacheRows((clientId) => findClient.get({ clientId }));
  return {
    findClient: (clientId) => read(() => clients.find(clientId)),
    listClients: () => read(() => database.select().from(client).orderBy(asc(client.clientId)).all()),
    addClient: (added) =>
      write(() => {
        clients.forget();
        return database.insert(client).values(added).onConflictDoNothing().run().changes === 1;
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
        if (database.delete(client).where(eq(client.clientId, clientId)).run().changes === 0) return false;
        endFamilies(database, eq(tokenFamily.clientId, clientId), 'client_removed', clock.now());
        database.delete(authorizationCode).where(eq(authorizationCode.clientId, clientId)).run();
        database.delete(consent).where(eq(consent.clientId, clientId)).run();
        database.delete(logoutDelivery).where(eq(logoutDelivery.clientId, clientId)).run();
        return true;
      }),
  };
};
