// TokenStore in SQL. What may happen once is one conditional UPDATE: whether it changed a row says who won the race.
import { and, eq, exists, getTableColumns, isNull, type SQL, sql } from 'drizzle-orm';
import type { Clock } from '../seams/clock.ts';
import type { StatusPlace } from '../seams/revocation_store.ts';
import type { TokenStore } from '../seams/token_store.ts';
import type { Recording } from './sql_audit.ts';
import { first, type SqlConnection } from './sql_connection.ts';
import { familyColumnsOf, prepareEndFamilies } from './sql_families.ts';
import type { Holds } from './sql_holds.ts';
import type { Revoking } from './sql_revoking.ts';
import { given, one, placeholders, prepare } from './sql_statement.ts';

/** The session, the user and the client a code came of still stand. */
const codeStands = ({ database, tables }: SqlConnection): SQL | undefined => {
  const { authorizationCode, client, endUser, session } = tables;
  return and(
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
};

const prepareCodeStatements = (connection: SqlConnection) => {
  const { database, tables } = connection;
  const { authorizationCode, consent, interaction, tokenFamily } = tables;
  const named = eq(authorizationCode.codeHash, sql.placeholder('codeHash'));
  return {
    addCode: prepare(database.insert(authorizationCode).values(placeholders(getTableColumns(authorizationCode)))),
    consentStands: prepare(
      database
        .select(one)
        .from(consent)
        .where(and(eq(consent.sub, sql.placeholder('sub')), eq(consent.clientId, sql.placeholder('clientId')))),
      { locks: 'share' },
    ),
    endInteraction: prepare(database.delete(interaction).where(eq(interaction.idHash, sql.placeholder('idHash')))),
    findCode: prepare(database.select().from(authorizationCode).where(named)),
    spendCode: prepare(
      database
        .update(authorizationCode)
        .set({ usedAt: given('usedAt') })
        .where(and(named, isNull(authorizationCode.usedAt), codeStands(connection))),
    ),
    addFamily: prepare(database.insert(tokenFamily).values(placeholders(getTableColumns(tokenFamily)))),
  };
};

const prepareRefreshStatements = ({ database, tables }: SqlConnection) => {
  const { refreshToken, tokenFamily } = tables;
  const familyColumns = familyColumnsOf(tables);
  // The place beside them is for revoking alone.
  const { listId: _, turn: __, ...refreshColumns } = getTableColumns(refreshToken);
  const named = eq(refreshToken.tokenHash, sql.placeholder('tokenHash'));
  const ofToken = database.select({ familyId: refreshToken.familyId }).from(refreshToken).where(named);
  const familyStands = database
    .select(one)
    .from(tokenFamily)
    .where(and(eq(tokenFamily.familyId, refreshToken.familyId), isNull(tokenFamily.endedAt)));
  return {
    findFamily: prepare(
      database
        .select(familyColumns)
        .from(tokenFamily)
        .where(eq(tokenFamily.familyId, sql.placeholder('familyId'))),
    ),
    findFamilyOfToken: prepare(
      database
        .select(familyColumns)
        .from(tokenFamily)
        .where(eq(tokenFamily.familyId, sql`${ofToken}`)),
    ),
    addRefreshToken: prepare(database.insert(refreshToken).values(placeholders(refreshColumns))),
    findRefreshToken: prepare(database.select(refreshColumns).from(refreshToken).where(named)),
    spendRefreshToken: prepare(
      database
        .update(refreshToken)
        .set({ usedAt: given('usedAt'), answer: given('answer'), listId: given('listId'), turn: given('turn') })
        .where(and(named, isNull(refreshToken.usedAt), exists(familyStands))),
    ),
  };
};

const prepareDenialStatements = ({ database, tables }: SqlConnection) => {
  const { deniedToken, revokedTurns } = tables;
  const { id: _, ...turnColumns } = getTableColumns(revokedTurns);
  return {
    denyToken: prepare(
      database
        .insert(deniedToken)
        .values(placeholders(getTableColumns(deniedToken)))
        .onConflictDoNothing(),
    ),
    findDenied: prepare(
      database
        .select({ jti: deniedToken.jti })
        .from(deniedToken)
        .where(eq(deniedToken.jti, sql.placeholder('jti'))),
    ),
    revokeTurn: prepare(database.insert(revokedTurns).values(placeholders(turnColumns))),
  };
};

const columnsOf = (place: StatusPlace | null | undefined) => ({
  listId: place?.listId ?? null,
  turn: place?.turn ?? null,
});

export const createSqlTokens = (
  connection: SqlConnection,
  clock: Clock,
  holds: Holds,
  revoking: Revoking,
  recording: Recording,
): TokenStore => {
  const { read, readInTurn, write, settled, oneAtATime, tables } = connection;
  const codes = prepareCodeStatements(connection);
  const refreshes = prepareRefreshStatements(connection);
  const denials = prepareDenialStatements(connection);
  const endFamily = prepareEndFamilies(connection, eq(tables.tokenFamily.familyId, sql.placeholder('familyId')));
  return {
    addAuthorizationCode: async (code, { ends, consentStands = false } = {}) => {
      const added = await write(
        ...(consentStands ? [codes.consentStands.must(code)] : []),
        ...(ends === undefined ? [] : [codes.endInteraction.must({ idHash: ends })]),
        codes.addCode.with(code),
      );
      return added !== undefined;
    },
    findAuthorizationCode: async (codeHash) => first(await read(codes.findCode.with({ codeHash }))),
    redeemCode: async (codeHash, usedAt, family, refreshToken, place) => {
      const { familyId, clientId, sub, sid } = family;
      const details = { family_id: familyId };
      const started = { at: usedAt, type: 'family.started', sub, clientId, sid, address: null, details };
      const redeemed = await write(
        holds.user(sub),
        holds.session(sid),
        holds.client(clientId),
        codes.spendCode.must({ codeHash, usedAt }),
        codes.addFamily.with({ ...family, ...columnsOf(place) }),
        ...(refreshToken === null ? [] : [refreshes.addRefreshToken.with(refreshToken)]),
        ...recording(started),
      );
      return redeemed !== undefined;
    },
    findFamily: async (familyId) => first(await read(refreshes.findFamily.with({ familyId }))),
    findRefreshToken: async (tokenHash) => {
      // Not one statement: SQLite takes three times as long for the join as for both. Nor as of one moment: a family that
      // stands still when it is read stood when the token was.
      const [[token], [family]] = await readInTurn(
        refreshes.findRefreshToken.with({ tokenHash }),
        refreshes.findFamilyOfToken.with({ tokenHash }),
      );
      // The answer of a spent one is given out again, so its successor must be there to stay.
      if (token !== undefined && token.usedAt !== null) await settled?.();
      return token && family && { token, family };
    },
    rotateRefreshToken: async ({ tokenHash, usedAt, answer, place, successor }) => {
      const rotated = await write(
        holds.family(successor.familyId),
        refreshes.spendRefreshToken.must({ tokenHash, usedAt, answer, ...columnsOf(place) }),
        refreshes.addRefreshToken.with(successor),
      );
      return rotated !== undefined;
    },
    endFamily: async (familyId, reason, at) => {
      const ended = await write(...oneAtATime('revocations'), ...endFamily.withTokens({ familyId }, reason, at));
      return ended?.at(-1)?.changes === 1;
    },
    denyToken: async (jti, expiresAt, place, event = null) => {
      await write(
        ...oneAtATime('revocations'),
        denials.denyToken.must({ jti, expiresAt }),
        ...revoking.mark('jti', jti, clock.now()),
        ...(place == null ? [] : [denials.revokeTurn.with({ ...place, count: 1 })]),
        ...recording(event),
      );
    },
    isTokenDenied: async (jti) => (await read(denials.findDenied.with({ jti }))).length > 0,
  };
};
