// Store on better-sqlite3: each verb is one statement, or one immediate transaction.
import { and, asc, eq, gt, isNotNull, isNull, lt, sql } from 'drizzle-orm';
import { OperatorError } from '../errors.ts';
import type { Client } from '../seams/client_store.ts';
import type { Clock, NumericDate } from '../seams/clock.ts';
import type { Resource } from '../seams/resource_store.ts';
import type { SigningAlgorithm } from '../seams/signer.ts';
import type { NewSigningKey, Revocation } from '../seams/signing_key_store.ts';
import { type Store, StoreUnavailableError } from '../seams/store.ts';
import { databaseErrorCode, openSqliteDatabase, type SqliteDatabase } from './better_sqlite3_database.ts';
import { client, resource, signingKey } from './sqlite_schema.ts';

/** Ends a transaction without effect. */
class Rollback extends Error {}

/** Runs a verb; an error of SQLite itself becomes StoreUnavailableError, so that callers need not know it. */
const attempt = async <Result>(work: () => Result): Promise<Result> => {
  try {
    return work();
  } catch (error) {
    const code = databaseErrorCode(error);
    if (code?.startsWith('SQLITE_')) throw new StoreUnavailableError(`SQLite answered ${code}`, { cause: error });
    // A JSON column that is none, which SQLite itself has no eye for.
    if (error instanceof SyntaxError)
      throw new OperatorError('A row of the database is damaged. Restore the file from a backup.', { cause: error });
    throw error;
  }
};

const prepareVerbs = (database: SqliteDatabase) => ({
  findClient: database
    .select()
    .from(client)
    .where(eq(client.clientId, sql.placeholder('clientId')))
    .prepare(),
  findResource: database
    .select()
    .from(resource)
    .where(eq(resource.resource, sql.placeholder('resource')))
    .prepare(),
});

const revoke = (database: SqliteDatabase, { kid, reason, revokedAt, promotedKid, successor }: Revocation): void =>
  database.transaction(
    (transaction) => {
      const revoked = transaction
        .update(signingKey)
        .set({
          revokedAt,
          revocationReason: reason,
          privateJwe: null,
          erasedAt: sql`coalesce(erased_at, ${revokedAt})`,
        })
        .where(and(eq(signingKey.kid, kid), isNull(signingKey.revokedAt)))
        .run();
      if (revoked.changes === 0) throw new Rollback();
      if (promotedKid !== null) {
        const promoted = transaction
          .update(signingKey)
          .set({ activatesAt: revokedAt })
          .where(
            and(eq(signingKey.kid, promotedKid), isNull(signingKey.revokedAt), gt(signingKey.activatesAt, revokedAt)),
          )
          .run();
        if (promoted.changes === 0) throw new Rollback();
      }
      if (successor === null) return;
      if (transaction.insert(signingKey).values(successor).onConflictDoNothing().run().changes === 0)
        throw new Rollback();
    },
    { behavior: 'immediate' },
  );

/** @param path - see openSqliteDatabase. */
export const createBetterSqlite3Store = (path: string, clock: Clock): Store => {
  const database = openSqliteDatabase(path);
  const verbs = prepareVerbs(database);
  const shrinkLog = (): void => {
    database.$client.pragma('wal_checkpoint(TRUNCATE)');
  };
  return {
    readSigningKeys: () =>
      attempt(() => ({
        keys: database.select().from(signingKey).orderBy(asc(signingKey.alg), asc(signingKey.slot)).all(),
        databaseNow: clock.now(),
      })),
    publishSigningKey: (key: NewSigningKey) =>
      attempt(() => database.insert(signingKey).values(key).onConflictDoNothing().run().changes === 1),
    activateSigningKey: (kid: string, activatesAt: NumericDate) =>
      attempt(
        () =>
          database
            .update(signingKey)
            .set({ activatesAt })
            .where(and(eq(signingKey.kid, kid), isNull(signingKey.revokedAt), gt(signingKey.activatesAt, activatesAt)))
            .run().changes === 1,
      ),
    erasePrivateHalf: (kid: string, erasedAt: NumericDate) =>
      attempt(() => {
        database
          .update(signingKey)
          .set({ privateJwe: null, erasedAt })
          .where(and(eq(signingKey.kid, kid), isNull(signingKey.erasedAt)))
          .run();
        shrinkLog();
      }),
    raiseLongestToken: (alg: SigningAlgorithm, seconds: number) =>
      attempt(() => {
        database
          .update(signingKey)
          .set({ longestTokenSeconds: seconds })
          .where(
            and(eq(signingKey.alg, alg), isNotNull(signingKey.privateJwe), lt(signingKey.longestTokenSeconds, seconds)),
          )
          .run();
      }),
    revokeSigningKey: (revocation: Revocation) =>
      attempt(() => {
        try {
          revoke(database, revocation);
        } catch (error) {
          if (error instanceof Rollback) return false;
          throw error;
        }
        shrinkLog();
        return true;
      }),
    rewrapSigningKey: (kid: string, from: string, to: string) =>
      attempt(() => {
        const { changes } = database
          .update(signingKey)
          .set({ privateJwe: to })
          .where(and(eq(signingKey.kid, kid), eq(signingKey.privateJwe, from)))
          .run();
        shrinkLog();
        return changes === 1;
      }),
    findClient: (clientId: string) => attempt(() => verbs.findClient.get({ clientId })),
    listClients: () => attempt(() => database.select().from(client).orderBy(asc(client.clientId)).all()),
    addClient: (added: Client) =>
      attempt(() => database.insert(client).values(added).onConflictDoNothing().run().changes === 1),
    rotateClientSecret: (clientId: string, secretSha256: string, previousExpiresAt: NumericDate) =>
      attempt(
        () =>
          database
            .update(client)
            .set({
              previousClientSecretSha256: sql`client_secret_sha256`,
              previousClientSecretExpiresAt: previousExpiresAt,
              clientSecretSha256: secretSha256,
            })
            .where(and(eq(client.clientId, clientId), isNotNull(client.clientSecretSha256)))
            .run().changes === 1,
      ),
    removeClient: (clientId: string) =>
      attempt(() => database.delete(client).where(eq(client.clientId, clientId)).run().changes === 1),
    findResource: (identifier: string) => attempt(() => verbs.findResource.get({ resource: identifier })),
    listResources: () => attempt(() => database.select().from(resource).orderBy(asc(resource.resource)).all()),
    addResource: (added: Resource) =>
      attempt(() => database.insert(resource).values(added).onConflictDoNothing().run().changes === 1),
    removeResource: (identifier: string) =>
      attempt(() => database.delete(resource).where(eq(resource.resource, identifier)).run().changes === 1),
    close: () =>
      attempt(() => {
        database.$client.close();
      }),
  };
};
