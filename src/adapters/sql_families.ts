// Ending token families, for whatever ends them: each end is recorded, and unless their tokens are revoked otherwise,
// verifiers are told.
import { and, asc, eq, getTableColumns, gt, isNull, lte, type SQL, sql } from 'drizzle-orm';
import type { NumericDate } from '../seams/clock.ts';
import type { SqlConnection } from './sql_connection.ts';
import { prepareRevokingOf } from './sql_revoking.ts';
import { given, givenNumber, givenText, prepare, prepareText, type Step } from './sql_statement.ts';
import type { SqlTables } from './sql_tables.ts';

/** The columns of TokenFamily; the place beside them is for revoking alone. */
export const familyColumnsOf = ({ tokenFamily }: SqlTables) => {
  const { listId: _, turn: __, ...columns } = getTableColumns(tokenFamily);
  return columns;
};

export interface EndFamilies {
  /** Ends them and revokes their tokens. The changes of the last step are how many ended. */
  withTokens(values: object, reason: string, at: NumericDate): readonly Step[];
  /** Ends them without a word of it to verifiers: for what revokes their tokens otherwise. */
  alone(values: object, reason: string, at: NumericDate): readonly Step[];
}

/** @param which - the families, by values that each end names. */
export const prepareEndFamilies = (connection: SqlConnection, which: SQL | undefined): EndFamilies => {
  const { database, tables } = connection;
  const { auditEvent, tokenFamily } = tables;
  const { familyId, clientId, sub, sid } = tokenFamily;
  const standing = and(which, isNull(tokenFamily.endedAt));
  const revoking = prepareRevokingOf(connection, standing);
  // Whoever gives such a family another token has it locked, and is waited for.
  const hold = prepare(database.select({ familyId }).from(tokenFamily).where(standing).orderBy(asc(familyId)), {
    locks: 'update',
    locksOnly: true,
  });
  // The ids and reasons are made here: neither has a character that JSON escapes.
  const record = prepareText(
    connection,
    sql`insert into ${auditEvent} (at, type, sub, client_id, sid, details)
      select ${givenNumber('at')}, 'family.ended', ${sub}, ${clientId}, ${sid},
        '{"family_id":"' || ${familyId} || '","reason":"' || ${givenText('reason')} || '"}'
      from ${tokenFamily} where ${standing}`,
  );
  const end = prepare(
    database
      .update(tokenFamily)
      .set({ endedAt: given('at'), endReason: given('reason') })
      .where(standing),
  );
  const alone: EndFamilies['alone'] = (values, reason, at) => {
    const all = { ...values, reason, at };
    return [hold.with(all), record.with(all), end.with(all)];
  };
  return {
    alone,
    withTokens: (values, reason, at) => {
      const [holding, ...ending] = alone(values, reason, at);
      return [...(holding ? [holding] : []), ...revoking(values, at), ...ending];
    },
  };
};

/** Ends the families of a session that are bound to it, or all of them. */
export const familiesOfSession = ({ tokenFamily }: SqlTables, which: 'bound to it' | 'all'): SQL | undefined => {
  const ofSession = eq(tokenFamily.sid, sql.placeholder('sid'));
  return which === 'all' ? ofSession : and(ofSession, eq(tokenFamily.offline, false));
};

/** How many writes' worth of families may end in one write. */
const mostAtOnce = 10;

/**
 * @returns what ends most of the families of a client a few at a time, where there are too many to end in one write: that
 * would keep everybody else from writing until it is over. Those that begin meanwhile are left to who calls.
 */
export const prepareEndFamiliesOfLargeClient = (connection: SqlConnection) => {
  const { database, tables, read, write, mostRows } = connection;
  const { tokenFamily } = tables;
  const { familyId } = tokenFamily;
  const few = mostAtOnce * mostRows;
  const some = prepare(
    database
      .select({ familyId })
      .from(tokenFamily)
      .where(and(eq(tokenFamily.clientId, sql.placeholder('clientId')), isNull(tokenFamily.endedAt)))
      .limit(few),
  );
  const page = prepare(
    database
      .select({ familyId, clientId: tokenFamily.clientId, endedAt: tokenFamily.endedAt })
      .from(tokenFamily)
      .where(gt(familyId, sql.placeholder('after')))
      .orderBy(asc(familyId))
      .limit(mostRows),
  );
  // Not by the index of the client, in which those that have ended stand before the others.
  const ofClient = sql`coalesce(${tokenFamily.clientId}, '') = ${sql.placeholder('clientId')}`;
  const inPage = and(gt(familyId, sql.placeholder('after')), lte(familyId, sql.placeholder('last')), ofClient);
  const endInPage = prepareEndFamilies(connection, inPage);
  return async (clientId: string, reason: string, at: NumericDate): Promise<void> => {
    if ((await read(some.with({ clientId }))).length < few) return;
    let [after, isMore] = ['', true];
    while (isMore) {
      const rows = await read(page.with({ after }));
      const last = rows.at(-1)?.familyId ?? after;
      if (rows.some((row) => row.clientId === clientId && row.endedAt === null))
        await write(...endInPage.alone({ clientId, after, last }, reason, at));
      [after, isMore] = [last, rows.length === mostRows];
    }
  };
};
