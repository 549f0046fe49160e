// Deletes what has expired, a little at a time: each step is a write of its own, so requests go on in between.
import { and, eq, inArray, isNotNull, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { SessionStore } from '../seams/session_store.ts';
import type { SqlConnection } from './sql_connection.ts';
import { prepare, type Statement } from './sql_statement.ts';

/** A kind of verifier that has not come back for so long is not waited for before a turn. */
const readerSeconds = 30 * 86_400;

/** An ended family stays for those who look into its end. */
const afterlifeSeconds = 86_400;

const before = sql.placeholder('before');

/** Bounded deletions; there may be more to delete while one changes `mostRows` rows. */
const prepareDeletions = ({ database, tables, mostRows }: SqlConnection) => {
  const { authorizationCode, refreshToken, tokenFamily } = tables;
  const deleteFrom = (table: SQLiteTable, key: SQLiteColumn, which: SQL | undefined): Statement<never> => {
    const some = database.select({ key }).from(table).where(which).limit(mostRows);
    return prepare(database.delete(table).where(inArray(key, some)));
  };
  /** Tokens that do not tell their family stay as long as it does, spent or not, so that reuse is seen until then (T084). */
  const deleteTokensOf = (families: SQL | undefined): Statement<never> => {
    const some = database
      .select({ key: refreshToken.tokenHash })
      .from(tokenFamily)
      .innerJoin(refreshToken, eq(refreshToken.familyId, tokenFamily.familyId))
      .where(families)
      .limit(mostRows);
    return prepare(database.delete(refreshToken).where(inArray(refreshToken.tokenHash, some)));
  };
  /** A spent code stays as long as what it gave, so that its reuse ends that (T068). */
  const deleteCodesOf = (families: SQL | undefined): Statement<never> => {
    const some = database
      .select({ key: authorizationCode.codeHash })
      .from(tokenFamily)
      // Left to itself SQLite would go through every spent code; of a CROSS JOIN it keeps the order.
      .crossJoin(authorizationCode)
      .where(and(families, eq(authorizationCode.familyId, tokenFamily.familyId), isNotNull(authorizationCode.usedAt)))
      .limit(mostRows);
    return prepare(database.delete(authorizationCode).where(inArray(authorizationCode.codeHash, some)));
  };
  const deleteFamilies = (which: SQL | undefined): readonly Statement<never>[] => [
    deleteTokensOf(which),
    deleteCodesOf(which),
    deleteFrom(tokenFamily, tokenFamily.familyId, which),
  ];
  return { deleteFrom, deleteFamilies };
};

const prepareSteps = (connection: SqlConnection) => {
  const { database, tables, mostRows } = connection;
  const { authorizationCode, deniedToken, interaction, keySetReader, rateLimit, refreshToken, session, tokenFamily } =
    tables;
  const { deleteFrom, deleteFamilies } = prepareDeletions(connection);
  const answered = and(isNotNull(refreshToken.answer), lt(refreshToken.usedAt, before));
  const answeredKeys = database
    .select({ key: refreshToken.tokenHash })
    .from(refreshToken)
    .where(answered)
    .limit(mostRows);
  const unspent = and(isNull(authorizationCode.usedAt), lt(authorizationCode.expiresAt, before));
  return {
    now: [
      deleteFrom(interaction, interaction.idHash, lt(interaction.expiresAt, before)),
      deleteFrom(authorizationCode, authorizationCode.codeHash, unspent),
      // An ended session stays until it expires, because it tells a known browser (isKnownBrowser).
      deleteFrom(session, session.sessionHash, lt(session.expiresAt, before)),
      deleteFrom(rateLimit, rateLimit.key, lt(rateLimit.arrivalAt, before)),
    ],
    // Their access tokens are accepted no more. Where they tell their family, that sees their reuse.
    spent: [
      deleteFrom(refreshToken, refreshToken.tokenHash, and(answered, eq(refreshToken.tellsFamily, true))),
      prepare(database.update(refreshToken).set({ answer: null }).where(inArray(refreshToken.tokenHash, answeredKeys))),
    ],
    // At most a few hundred rows.
    readers: prepare(database.delete(keySetReader).where(lt(keySetReader.lastAt, before))),
    later: [
      // To a node whose clock is behind it has not expired yet.
      deleteFrom(deniedToken, deniedToken.jti, lt(deniedToken.expiresAt, before)),
      ...deleteFamilies(lt(tokenFamily.endedAt, before)),
    ],
    // The last access token of a family may outlive it, and is revoked by what is kept here.
    outlived: deleteFamilies(lt(tokenFamily.expiresAt, before)),
  };
};

export const createRemoveExpired = (connection: SqlConnection): SessionStore['removeExpired'] => {
  const { write, mostRows } = connection;
  const { now, spent, readers, later, outlived } = prepareSteps(connection);
  const removeAll = async (statements: readonly Statement<never>[], instant: number): Promise<void> => {
    for (const statement of statements) {
      let changes = mostRows;
      while (changes === mostRows) changes = (await write(statement.with({ before: instant })))?.[0].changes ?? 0;
    }
  };
  return async (instant, tokensSince) => {
    await removeAll(now, instant);
    await removeAll(spent, tokensSince);
    await write(readers.with({ before: instant - readerSeconds }));
    await removeAll(later, instant - afterlifeSeconds);
    await removeAll(outlived, Math.min(instant - afterlifeSeconds, tokensSince));
  };
};
