// LogoutDeliveryStore on better-sqlite3, and what queues deliveries: always in the write that ends what they tell of.
import { randomUUID } from 'node:crypto';
import { and, asc, eq, inArray, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm';
import type { NumericDate } from '../seams/clock.ts';
import type { LogoutDelivery, LogoutDeliveryStore } from '../seams/logout_delivery_store.ts';
import type { SqliteConnection } from './better_sqlite3_connection.ts';
import type { SqliteDatabase } from './better_sqlite3_database.ts';
import { client, logoutDelivery, session, tokenFamily } from './sqlite_schema.ts';

type Told = Pick<LogoutDelivery, 'clientId' | 'sub' | 'sid'>;

const queue = (database: SqliteDatabase, told: readonly Told[], at: NumericDate): void => {
  for (const one of told)
    database
      .insert(logoutDelivery)
      .values({ ...one, id: randomUUID(), attempts: 0, nextAttemptAt: at })
      .run();
};

const clientOfFamily = and(eq(client.clientId, tokenFamily.clientId), isNotNull(client.backchannelLogoutUri));

/** Tells the clients that got tokens in the sessions `which` selects, by `sid`. To be called in the write that ends these, before it does. */
export const queueLogouts = (database: SqliteDatabase, which: SQL | undefined, at: NumericDate): void => {
  const told = database
    .selectDistinct({ clientId: tokenFamily.clientId, sub: tokenFamily.sub, sid: tokenFamily.sid })
    .from(session)
    .innerJoin(tokenFamily, eq(tokenFamily.sid, session.sid))
    .innerJoin(client, clientOfFamily)
    .where(and(which, isNull(session.endedAt)))
    .all();
  queue(database, told, at);
};

/**
 * Tells every client that knows the end-user to sign them out wherever they are: by `sub` alone, which also ends what the
 * client kept of sessions that are over here, or by each `sid` where the client insists on it. To be called before the
 * families go. Back-Channel Logout 1.0 §2.4.
 */
export const queueLogoutsOfUser = (database: SqliteDatabase, sub: string, at: NumericDate): void => {
  const insists = client.backchannelLogoutSessionRequired;
  const told = database
    .selectDistinct({
      clientId: tokenFamily.clientId,
      sub: tokenFamily.sub,
      sid: sql<string | null>`case when ${insists} then ${tokenFamily.sid} end`,
    })
    .from(tokenFamily)
    .innerJoin(client, clientOfFamily)
    .where(eq(tokenFamily.sub, sub))
    .all();
  queue(database, told, at);
};

const prepareTake = (database: SqliteDatabase) =>
  database
    .update(logoutDelivery)
    .set({
      nextAttemptAt: sql`${sql.placeholder('retryAt')}`,
      attempts: sql`${logoutDelivery.attempts} + 1`,
    })
    .where(
      inArray(
        logoutDelivery.id,
        database
          .select({ id: logoutDelivery.id })
          .from(logoutDelivery)
          .where(lte(logoutDelivery.nextAttemptAt, sql.placeholder('now')))
          .orderBy(asc(logoutDelivery.nextAttemptAt))
          .limit(sql.placeholder('most')),
      ),
    )
    .returning()
    .prepare();

export const createBetterSqlite3LogoutDeliveries = ({ database, write }: SqliteConnection): LogoutDeliveryStore => {
  const take = prepareTake(database);
  return {
    takeLogoutDeliveries: (now, retryAt, most) => write(() => take.all({ now, retryAt, most })),
    postponeLogoutDelivery: (id, nextAttemptAt) =>
      write(() => {
        database.update(logoutDelivery).set({ nextAttemptAt }).where(eq(logoutDelivery.id, id)).run();
      }),
    removeLogoutDelivery: (id) =>
      write(() => {
        database.delete(logoutDelivery).where(eq(logoutDelivery.id, id)).run();
      }),
  };
};
