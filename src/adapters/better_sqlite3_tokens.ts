// TokenStore on better-sqlite3. What may happen once is one conditional UPDATE: its row count says who won the race.
import { and, eq, exists, getTableColumns, isNull, type SQL, sql } from 'drizzle-orm';
import type { Clock, NumericDate } from '../seams/clock.ts';
import type { StatusPlace } from '../seams/revocation_store.ts';
import type { TokenStore } from '../seams/token_store.ts';
import { placeholders, type SqliteConnection } from './better_sqlite3_connection.ts';
import type { SqliteDatabase } from './better_sqlite3_database.ts';
import { addMark, revokeFamilies } from './better_sqlite3_revoking.ts';
import { revokedTurns } from './sqlite_revocation_schema.ts';
import {
  auditEvent,
  authorizationCode,
  client,
  deniedToken,
  endUser,
  refreshToken,
  session,
  tokenFamily,
} from './sqlite_schema.ts';

const one = { one: sql`1` };

/** The columns of TokenFamily and RefreshToken; the places beside them are for revoking alone. */
const { listId: _familyList, turn: _familyTurn, ...familyColumns } = getTableColumns(tokenFamily);
const { listId: _refreshList, turn: _refreshTurn, ...refreshColumns } = getTableColumns(refreshToken);

export { familyColumns };

/** The session, the user and the client a code came of still stand. */
const codeStands = (database: SqliteDatabase): SQL | undefined =>
  and(
    exists(
      database
        .select(one)
        .from(session)
        .where(and(eq(session.sid, authorizationCode.sid), isNull(session.endedAt))),
    ),
    exists(
      database
        .select(one)
        .from(endUser)
        .where(and(eq(endUser.sub, authorizationCode.sub), isNull(endUser.lockedAt))),
    ),
    exists(database.select(one).from(client).where(eq(client.clientId, authorizationCode.clientId))),
  );

const prepareCodeStatements = (database: SqliteDatabase) => ({
  addCode: database
    .insert(authorizationCode)
    .values(placeholders(getTableColumns(authorizationCode)))
    .prepare(),
  findCode: database
    .select()
    .from(authorizationCode)
    .where(eq(authorizationCode.codeHash, sql.placeholder('codeHash')))
    .prepare(),
  spendCode: database
    .update(authorizationCode)
    .set({ usedAt: sql`${sql.placeholder('usedAt')}` })
    .where(
      and(
        eq(authorizationCode.codeHash, sql.placeholder('codeHash')),
        isNull(authorizationCode.usedAt),
        codeStands(database),
      ),
    )
    .prepare(),
});

const prepareFamilyStatements = (database: SqliteDatabase) => ({
  addFamily: database
    .insert(tokenFamily)
    .values(placeholders(getTableColumns(tokenFamily)))
    .prepare(),
  findFamily: database
    .select(familyColumns)
    .from(tokenFamily)
    .where(eq(tokenFamily.familyId, sql.placeholder('familyId')))
    .prepare(),
});

const prepareRefreshStatements = (database: SqliteDatabase) => ({
  addRefreshToken: database.insert(refreshToken).values(placeholders(refreshColumns)).prepare(),
  findRefreshToken: database
    .select(refreshColumns)
    .from(refreshToken)
    .where(eq(refreshToken.tokenHash, sql.placeholder('tokenHash')))
    .prepare(),
  spendRefreshToken: database
    .update(refreshToken)
    .set({
      usedAt: sql`${sql.placeholder('usedAt')}`,
      answer: sql`${sql.placeholder('answer')}`,
      listId: sql`${sql.placeholder('listId')}`,
      turn: sql`${sql.placeholder('turn')}`,
    })
    .where(
      and(
        eq(refreshToken.tokenHash, sql.placeholder('tokenHash')),
        isNull(refreshToken.usedAt),
        exists(
          database
            .select(one)
            .from(tokenFamily)
            .where(and(eq(tokenFamily.familyId, refreshToken.familyId), isNull(tokenFamily.endedAt))),
        ),
      ),
    )
    .prepare(),
});

const prepareDenialStatements = (database: SqliteDatabase) => ({
  denyToken: database
    .insert(deniedToken)
    .values(placeholders(getTableColumns(deniedToken)))
    .onConflictDoNothing()
    .prepare(),
  findDenied: database
    .select({ jti: deniedToken.jti })
    .from(deniedToken)
    .where(eq(deniedToken.jti, sql.placeholder('jti')))
    .prepare(),
});

/**
 * Ends every family that `which` selects and that has not ended, and records each end, without a word of it to verifiers:
 * for what revokes their tokens otherwise. To be called inside a write. @returns how many.
 */
export const endFamiliesUnmarked = (
  database: SqliteDatabase,
  which: SQL | undefined,
  endReason: string,
  endedAt: NumericDate,
): number => {
  const { familyId, clientId, sub, sid } = tokenFamily;
  const ended = database
    .update(tokenFamily)
    .set({ endedAt, endReason })
    .where(and(which, isNull(tokenFamily.endedAt)))
    .returning({ familyId, clientId, sub, sid })
    .all();
  for (const { familyId, ...whose } of ended) {
    const details = { family_id: familyId, reason: endReason };
    database
      .insert(auditEvent)
      .values({ ...whose, at: endedAt, type: 'family.ended', details })
      .run();
  }
  return ended.length;
};

/** As above, and revokes their tokens. */
export const endFamilies = (
  database: SqliteDatabase,
  which: SQL | undefined,
  endReason: string,
  endedAt: NumericDate,
): number => {
  revokeFamilies(database, and(which, isNull(tokenFamily.endedAt)), endedAt);
  return endFamiliesUnmarked(database, which, endReason, endedAt);
};

const columnsOf = (place: StatusPlace | null | undefined) => ({
  listId: place?.listId ?? null,
  turn: place?.turn ?? null,
});

export const createBetterSqlite3Tokens = ({ database, read, write }: SqliteConnection, clock: Clock): TokenStore => {
  const { addCode, findCode, spendCode } = prepareCodeStatements(database);
  const { addFamily, findFamily } = prepareFamilyStatements(database);
  const { addRefreshToken, findRefreshToken, spendRefreshToken } = prepareRefreshStatements(database);
  const { denyToken, findDenied } = prepareDenialStatements(database);
  return {
    addAuthorizationCode: (code) =>
      write(() => {
        addCode.run({ ...code });
      }),
    findAuthorizationCode: (codeHash) => read(() => findCode.get({ codeHash })),
    redeemCode: (codeHash, usedAt, family, first, place) =>
      write(() => {
        if (spendCode.run({ codeHash, usedAt }).changes === 0) return false;
        addFamily.run({ ...family, ...columnsOf(place) });
        if (first !== null) addRefreshToken.run({ ...first });
        return true;
      }),
    findFamily: (familyId) => read(() => findFamily.get({ familyId })),
    findRefreshToken: (tokenHash) =>
      read(() => {
        // Not one statement: SQLite takes three times as long for the join as for both.
        const token = findRefreshToken.get({ tokenHash });
        const family = token && findFamily.get({ familyId: token.familyId });
        return token && family && { token, family };
      }),
    rotateRefreshToken: ({ tokenHash, usedAt, answer, place, successor }) =>
      write(() => {
        if (spendRefreshToken.run({ tokenHash, usedAt, answer, ...columnsOf(place) }).changes === 0) return false;
        addRefreshToken.run({ ...successor });
        return true;
      }),
    endFamily: (familyId, reason, at) =>
      write(() => endFamilies(database, eq(tokenFamily.familyId, familyId), reason, at) === 1),
    denyToken: (jti, expiresAt, place) =>
      write(() => {
        if (denyToken.run({ jti, expiresAt }).changes === 0) return;
        addMark(database, 'jti', jti, clock.now());
        if (place !== undefined)
          database
            .insert(revokedTurns)
            .values({ ...place, count: 1 })
            .run();
      }),
    isTokenDenied: (jti) => read(() => findDenied.get({ jti }) !== undefined),
  };
};
