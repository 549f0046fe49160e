// LogoutDeliveryStore on better-sqlite3.
import { asc, eq, inArray, lte, sql } from 'drizzle-orm';
import type { LogoutDeliveryStore } from '../seams/logout_delivery_store.ts';
import type { SqliteConnection } from './better_sqlite3_connection.ts';
import type { SqliteDatabase } from './better_sqlite3_database.ts';
import { logoutDelivery } from './sqlite_schema.ts';

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
    addLogoutDelivery: (added) =>
      write(() => {
        database.insert(logoutDelivery).values(added).run();
      }),
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
