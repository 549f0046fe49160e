// Deletes what has expired, a little at a time: each step is a write of its own, so requests go on in between.
import { and, eq, inArray, isNotNull, lt, type SQL, sql } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { NumericDate } from '../seams/clock.ts';
import type { SessionStore } from '../seams/session_store.ts';
import type { SqliteConnection } from './better_sqlite3_connection.ts';
import type { SqliteDatabase } from './better_sqlite3_database.ts';
import {
  authorizationCode,
  deniedToken,
  interaction,
  rateLimit,
  refreshToken,
  session,
  tokenFamily,
} from './sqlite_schema.ts';

const rowsPerStep = 1000;

/** An ended family stays for those who look into its end; an answer outlives the longest retry window. */
const afterlifeSeconds = 86_400;

/** One bounded deletion; there may be more to delete while it changes `rowsPerStep` rows. */
type Step = (database: SqliteDatabase) => { readonly changes: number };

const rowid = sql`rowid`;

const deleteFrom =
  (table: SQLiteTable, which: SQL | undefined): Step =>
  (database) => {
    const some = database.select({ rowid }).from(table).where(which).limit(rowsPerStep);
    return database.delete(table).where(inArray(rowid, some)).run();
  };

/** Tokens stay as long as their family, spent or not, so that reuse is seen until then (T084). */
const deleteTokensOf =
  (families: SQL | undefined): Step =>
  (database) => {
    const some = database
      .select({ rowid: sql`${refreshToken}.rowid` })
      .from(tokenFamily)
      .innerJoin(refreshToken, eq(refreshToken.familyId, tokenFamily.familyId))
      .where(families)
      .limit(rowsPerStep);
    return database.delete(refreshToken).where(inArray(rowid, some)).run();
  };

const forgetAnswers =
  (before: NumericDate): Step =>
  (database) => {
    const some = database
      .select({ rowid })
      .from(refreshToken)
      .where(and(isNotNull(refreshToken.answer), lt(refreshToken.usedAt, before)))
      .limit(rowsPerStep);
    return database.update(refreshToken).set({ answer: null }).where(inArray(rowid, some)).run();
  };

const stepsFor = (before: NumericDate): readonly Step[] => {
  const past = before - afterlifeSeconds;
  return [
    deleteFrom(interaction, lt(interaction.expiresAt, before)),
    deleteFrom(authorizationCode, lt(authorizationCode.expiresAt, before)),
    // An ended session stays until it expires, because it tells a known browser (isKnownBrowser).
    deleteFrom(session, lt(session.expiresAt, before)),
    deleteFrom(deniedToken, lt(deniedToken.expiresAt, before)),
    deleteFrom(rateLimit, lt(rateLimit.arrivalAt, before)),
    forgetAnswers(past),
    // The last access token of a family may outlive it, and is revoked by what is kept here.
    deleteTokensOf(lt(tokenFamily.expiresAt, past)),
    deleteFrom(tokenFamily, lt(tokenFamily.expiresAt, past)),
    deleteTokensOf(lt(tokenFamily.endedAt, past)),
    deleteFrom(tokenFamily, lt(tokenFamily.endedAt, past)),
  ];
};

export const createRemoveExpired =
  ({ database, write }: SqliteConnection): SessionStore['removeExpired'] =>
  async (before) => {
    for (const step of stepsFor(before)) {
      let changes = rowsPerStep;
      while (changes === rowsPerStep) changes = (await write(() => step(database))).changes;
    }
  };
