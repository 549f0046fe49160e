// Deletes what has expired, a little at a time: each step is a write of its own, so requests go on in between.
import { and, asc, eq, inArray, isNotNull, isNull, lt, notExists, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { SessionStore } from '../seams/session_store.ts';
import type { Result, SqlConnection } from './sql_connection.ts';
import { one, prepare, type Statement } from './sql_statement.ts';

/** A kind of verifier that has not come back for so long is not waited for before a turn. */
const readerSeconds = 30 * 86_400;

/** An ended family stays for those who look into its end. */
const afterlifeSeconds = 86_400;

const before = sql.placeholder('before');

/** Bounded deletions; there may be more to delete while one changes `mostRows` rows. */
const prepareDeletions = ({ database, tables, mostRows }: SqlConnection) => {
  const { authorizationCode, refreshToken, tokenFamily } = tables;
  /** As many tokens of theirs, and codes, go in the same write. */
  const mostFamilies = Math.floor(mostRows / 3);
  const deleteFrom = (table: SQLiteTable, key: SQLiteColumn, which: SQL | undefined): Statement<never> => {
    const some = database.select({ key }).from(table).where(which).limit(mostRows);
    return prepare(database.delete(table).where(inArray(key, some)));
  };
  /**
   * The oldest families go with all that is known of them, in one write, before the next are looked at: whoever went through
   * all of them for their tokens first would go through each again for every few tokens.
   */
  const deleteFamilies = (since: SQLiteColumn): readonly Statement<never>[] => {
    const oldest = database
      .select({ familyId: tokenFamily.familyId })
      .from(tokenFamily)
      .where(lt(since, before))
      .orderBy(asc(since))
      .limit(mostFamilies);
    const tokens = database
      .select({ key: refreshToken.tokenHash })
      .from(refreshToken)
      .where(inArray(refreshToken.familyId, oldest))
      .limit(mostFamilies);
    const codes = database
      .select({ key: authorizationCode.codeHash })
      .from(authorizationCode)
      .where(and(inArray(authorizationCode.familyId, oldest), isNotNull(authorizationCode.usedAt)))
      .limit(mostFamilies);
    const tokensLeft = database.select(one).from(refreshToken).where(eq(refreshToken.familyId, tokenFamily.familyId));
    const codesLeft = database
      .select(one)
      .from(authorizationCode)
      .where(and(eq(authorizationCode.familyId, tokenFamily.familyId), isNotNull(authorizationCode.usedAt)));
    return [
      // Tokens that do not tell their family stay as long as it does, spent or not, so that reuse is seen until then (T084).
      prepare(database.delete(refreshToken).where(inArray(refreshToken.tokenHash, tokens))),
      // A spent code stays as long as what it gave, so that its reuse ends that (T068).
      prepare(database.delete(authorizationCode).where(inArray(authorizationCode.codeHash, codes))),
      // Of one with many tokens some are left.
      prepare(
        database
          .delete(tokenFamily)
          .where(and(inArray(tokenFamily.familyId, oldest), notExists(tokensLeft), notExists(codesLeft))),
      ),
    ];
  };
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
    ],
    ended: deleteFamilies(tokenFamily.endedAt),
    // The last access token of a family may outlive it, and is revoked by what is kept here.
    outlived: deleteFamilies(tokenFamily.expiresAt),
  };
};

/** @returns what runs a deletion that is bounded by `mostRows` until nothing is left to it. */
export const createRemoveBitByBit =
  ({ write, mostRows }: SqlConnection) =>
  async (statement: Statement<never>, values: object): Promise<void> => {
    let changes = mostRows;
    while (changes === mostRows) changes = (await write(statement.with(values)))?.[0].changes ?? 0;
  };

export const createRemoveExpired = (connection: SqlConnection): SessionStore['removeExpired'] => {
  const { write } = connection;
  const removeBitByBit = createRemoveBitByBit(connection);
  const { now, spent, readers, later, ended, outlived } = prepareSteps(connection);
  const removeAll = async (statements: readonly Statement<never>[], instant: number): Promise<void> => {
    for (const statement of statements) await removeBitByBit(statement, { before: instant });
  };
  const removeFamilies = async (statements: readonly Statement<never>[], instant: number): Promise<void> => {
    let results: readonly Result<unknown>[];
    do results = (await write(...statements.map((statement) => statement.with({ before: instant })))) ?? [];
    while (results.some(({ changes }) => changes > 0));
  };
  return async (instant, tokensSince) => {
    await removeAll(now, instant);
    await removeAll(spent, tokensSince);
    await write(readers.with({ before: instant - readerSeconds }));
    await removeAll(later, instant - afterlifeSeconds);
    await removeFamilies(ended, instant - afterlifeSeconds);
    await removeFamilies(outlived, Math.min(instant - afterlifeSeconds, tokensSince));
  };
};
