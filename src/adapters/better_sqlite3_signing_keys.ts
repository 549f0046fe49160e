// SigningKeyStore on better-sqlite3. These verbs are rare, and what they erase they erase from the write-ahead log as
// well, outside any transaction: each runs alone.
import { and, asc, eq, gt, isNotNull, isNull, lt, sql } from 'drizzle-orm';
import type { Clock, NumericDate } from '../seams/clock.ts';
import type { Revocation, SigningKeyStore } from '../seams/signing_key_store.ts';
import type { SqliteConnection } from './better_sqlite3_connection.ts';
import type { SqliteDatabase } from './better_sqlite3_database.ts';
import { signingKey } from './sqlite_schema.ts';

/** Undoes a revocation that lost a race. */
class Rollback extends Error {}

const promote = (database: SqliteDatabase, kid: string, activatesAt: NumericDate): void => {
  const promoted = database
    .update(signingKey)
    .set({ activatesAt })
    .where(and(eq(signingKey.kid, kid), isNull(signingKey.revokedAt), gt(signingKey.activatesAt, activatesAt)))
    .run();
  if (promoted.changes === 0) throw new Rollback();
};

const revokeAndTurn = (
  database: SqliteDatabase,
  { kid, reason, revokedAt, promotedKid, successor }: Revocation,
): void => {
  const revoked = database
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
  if (promotedKid !== null) promote(database, promotedKid, revokedAt);
  if (successor === null) return;
  if (database.insert(signingKey).values(successor).onConflictDoNothing().run().changes === 0) throw new Rollback();
};

const revoke = (database: SqliteDatabase, revocation: Revocation): boolean => {
  try {
    database.$client.transaction(revokeAndTurn).immediate(database, revocation);
    return true;
  } catch (error) {
    if (error instanceof Rollback) return false;
    throw error;
  }
};

export const createBetterSqlite3SigningKeys = (
  { database, read, writeAlone }: SqliteConnection,
  clock: Clock,
): SigningKeyStore => {
  const shrinkLog = (): void => {
    database.$client.pragma('wal_checkpoint(TRUNCATE)');
  };
  return {
    readSigningKeys: () =>
      read(() => ({
        keys: database.select().from(signingKey).orderBy(asc(signingKey.alg), asc(signingKey.slot)).all(),
        databaseNow: clock.now(),
      })),
    publishSigningKey: (key) =>
      writeAlone(() => database.insert(signingKey).values(key).onConflictDoNothing().run().changes === 1),
    activateSigningKey: (kid, activatesAt) =>
      writeAlone(
        () =>
          database
            .update(signingKey)
            .set({ activatesAt })
            .where(and(eq(signingKey.kid, kid), isNull(signingKey.revokedAt), gt(signingKey.activatesAt, activatesAt)))
            .run().changes === 1,
      ),
    erasePrivateHalf: (kid, erasedAt) =>
      writeAlone(() => {
        const { changes } = database
          .update(signingKey)
          .set({ privateJwe: null, erasedAt })
          .where(and(eq(signingKey.kid, kid), isNull(signingKey.erasedAt)))
          .run();
        shrinkLog();
        return changes === 1;
      }),
    raiseLongestToken: (alg, seconds) =>
      writeAlone(() => {
        database
          .update(signingKey)
          .set({ longestTokenSeconds: seconds })
          .where(
            and(eq(signingKey.alg, alg), isNotNull(signingKey.privateJwe), lt(signingKey.longestTokenSeconds, seconds)),
          )
          .run();
      }),
    revokeSigningKey: (revocation) =>
      writeAlone(() => {
        const revoked = revoke(database, revocation);
        if (revoked) shrinkLog();
        return revoked;
      }),
    rewrapSigningKey: (kid, from, to) =>
      writeAlone(() => {
        const { changes } = database
          .update(signingKey)
          .set({ privateJwe: to })
          .where(and(eq(signingKey.kid, kid), eq(signingKey.privateJwe, from)))
          .run();
        shrinkLog();
        return changes === 1;
      }),
  };
};
