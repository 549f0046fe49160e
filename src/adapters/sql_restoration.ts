// RestorationStore in SQL.
import { getTableColumns, isNull, sql } from 'drizzle-orm';
import type { RestorationStore } from '../seams/restoration_store.ts';
import type { SqlConnection } from './sql_connection.ts';
import { prepareEndFamilies } from './sql_families.ts';
import { prepareQueueLogouts } from './sql_logout_deliveries.ts';
import { makeNonce } from './sql_revoking.ts';
import { given, givenNumber, givenText, placeholders, prepare, prepareText } from './sql_statement.ts';

const createEndEverything = (connection: SqlConnection): RestorationStore['endEverything'] => {
  const { database, tables, write, oneAtATime } = connection;
  const { authorizationCode, interaction, revocationMark, session } = tables;
  const open = isNull(session.endedAt);
  const queueLogouts = prepareQueueLogouts(connection, undefined);
  // So that the tokens of families which the database knows nothing of are told, by their session.
  const markSessions = prepareText(
    connection,
    sql`insert into ${revocationMark} (nonce, kind, value, marked_at)
      select ${givenText('nonce')}, 'sid', ${session.sid}, ${givenNumber('at')} from ${session} where ${open}`,
  );
  const endFamilies = prepareEndFamilies(connection, undefined);
  const endSessions = prepare(
    database
      .update(session)
      .set({ endedAt: given('at') })
      .where(open),
  );
  const removeCodes = prepare(database.delete(authorizationCode).where(isNull(authorizationCode.usedAt)));
  const removeInteractions = prepare(database.delete(interaction));
  return async (reason, at) => {
    const done = await write(
      ...oneAtATime('revocations'),
      queueLogouts({}, at),
      markSessions.with({ at, nonce: makeNonce() }),
      ...endFamilies.withTokens({}, reason, at),
      endSessions.with({ at }),
      removeCodes.with(),
      removeInteractions.with(),
    );
    const [families = 0, sessions = 0, codes = 0, interactions = 0] = (done ?? [])
      .slice(-4)
      .map((step) => step.changes);
    return { families, sessions, codes, interactions };
  };
};

export const createSqlRestoration = (connection: SqlConnection): RestorationStore => {
  const { database, tables, write } = connection;
  const addLost = prepare(
    database
      .insert(tables.signingKey)
      .values(placeholders(getTableColumns(tables.signingKey)))
      .onConflictDoNothing(),
  );
  return {
    addLostKey: async (key) =>
      (await write(addLost.must({ ...key, privateJwe: null, erasedAt: key.revokedAt }))) !== undefined,
    endEverything: createEndEverything(connection),
  };
};
