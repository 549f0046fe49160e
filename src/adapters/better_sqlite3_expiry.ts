// Deletes what has expired, a little at a time: each step is a write of its own, so requests go on in between.
import { and, eq, inArray, isNotNull, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { NumericDate } from '../seams/clock.ts';
import type { SessionStore } from '../seams/session_store.ts';
import type { SqliteConnection } from './better_sqlite3_connection.ts';
import type { SqliteDatabase } from './better_sqlite3_database.ts';
import {
  authorizationCode,
  deniedToken,
  interaction,
  keySetReader,
  rateLimit,
  refreshToken,
  session,
  tokenFamily,
} from './sqlite_schema.ts';

/** A kind of verifier that has not come back for so long is not waited for before a turn. */
const readerSeconds = 30 * 86_400;

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

/** A spent code stays as long as what it gave, so that its reuse ends that (T068). */
const deleteCodesOf =
  (families: SQL | undefined): Step =>
  (database) => {
    const some = database
      .select({ rowid: sql`${authorizationCode}.rowid` })
      .from(tokenFamily)
      // Left to itself SQLite would go through every spent code; of a CROSS JOIN it keeps the order.
      .crossJoin(authorizationCode)
      .where(and(families, eq(authorizationCode.familyId, tokenFamily.familyId), isNotNull(authorizationCode.usedAt)))
      .limit(rowsPerStep);
    return database.delete(authorizationCode).where(inArray(rowid, some)).run();
  };

const deleteFamilies = (which: SQL | undefined): readonly Step[] => [
  deleteTokensOf(which),
  deleteCodesOf(which),
  deleteFrom(tokenFamily, which),
];

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
    deleteFrom(authorizationCode, and(isNull(authorizationCode.usedAt), lt(authorizationCode.expiresAt, before))),
    // An ended session stays until it expires, because it tells a known browser (isKnownBrowser).
    deleteFrom(session, lt(session.expiresAt, before)),
    deleteFrom(deniedToken, lt(deniedToken.expiresAt, before)),
    deleteFrom(rateLimit, lt(rateLimit.arrivalAt, before)),
    deleteFrom(keySetReader, lt(keySetReader.lastAt, before - readerSeconds)),
    forgetAnswers(past),
    // The last access token of a family may outlive it, and is revoked by what is kept here.
    ...deleteFamilies(lt(tokenFamily.expiresAt, past)),
    ...deleteFamilies(lt(tokenFamily.endedAt, past)),
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
