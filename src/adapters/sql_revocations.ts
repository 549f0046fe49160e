// RevocationStore in SQL; revokeClient stands with the other verbs that change a client (sql_clients.ts).
import { and, asc, eq, getTableColumns, gt, inArray, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { AuditEvent } from '../seams/audit_store.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { RevocationStore } from '../seams/revocation_store.ts';
import type { Recording } from './sql_audit.ts';
import { first, type SqlConnection } from './sql_connection.ts';
import { createRemoveBitByBit } from './sql_expiry.ts';
import { familiesOfSession, prepareEndFamilies } from './sql_families.ts';
import { prepareQueueLogouts } from './sql_logout_deliveries.ts';
import type { Revoking } from './sql_revoking.ts';
import { given, holdsNumber, placeholders, prepare, prepareText, type Step } from './sql_statement.ts';

type ListVerb = 'addStatusList' | 'findStatusList' | 'leaseTurns' | 'readRevocations' | 'removeExpiredRevocations';

const prepareListStatements = ({ database, tables }: SqlConnection) => {
  const { client, leasedTurns, revocationMark, revokedTurns, statusList } = tables;
  const named = eq(statusList.listId, sql.placeholder('listId'));
  return {
    add: prepare(database.insert(statusList).values(placeholders(getTableColumns(statusList)))),
    find: prepare(database.select().from(statusList).where(named)),
    isThere: prepare(database.select({ listId: statusList.listId }).from(statusList).where(named), { locks: 'share' }),
    isUnchanged: prepare(
      database
        .select({ clientId: client.clientId })
        .from(client)
        .where(
          and(eq(client.clientId, sql.placeholder('clientId')), holdsNumber(client.tokensNotBefore, 'tokensNotBefore')),
        ),
      { locks: 'share' },
    ),
    lease: prepare(database.insert(leasedTurns).values(placeholders(getTableColumns(leasedTurns)))),
    lists: prepare(database.select().from(statusList).orderBy(asc(statusList.expiresAt), asc(statusList.listId))),
    turnsAfter: prepare(
      database
        .select()
        .from(revokedTurns)
        .where(gt(revokedTurns.id, sql.placeholder('afterTurnsId')))
        .orderBy(asc(revokedTurns.id)),
    ),
    marksAfter: prepare(
      database
        .select()
        .from(revocationMark)
        .where(gt(revocationMark.id, sql.placeholder('afterMarkId')))
        .orderBy(asc(revocationMark.id)),
    ),
    expired: prepare(
      database
        .select({ listId: statusList.listId })
        .from(statusList)
        .where(lt(statusList.expiresAt, sql.placeholder('before')))
        .limit(1),
    ),
    removeList: prepare(database.delete(statusList).where(named)),
  };
};

/** Bounded: where everybody was signed out there may be as many rows as there were tokens. */
const prepareDeletions = ({ database, tables, mostRows }: SqlConnection) => {
  const { leasedTurns, revocationMark, revokedTurns } = tables;
  const ofList = (column: SQLiteColumn) => eq(column, sql.placeholder('listId'));
  const leased = database
    .select({ turn: leasedTurns.turn })
    .from(leasedTurns)
    .where(ofList(leasedTurns.listId))
    .limit(mostRows);
  const revoked = database
    .select({ id: revokedTurns.id })
    .from(revokedTurns)
    .where(ofList(revokedTurns.listId))
    .limit(mostRows);
  const marked = database
    .select({ id: revocationMark.id })
    .from(revocationMark)
    .where(lt(revocationMark.markedAt, sql.placeholder('before')))
    .limit(mostRows);
  return {
    turnsOfList: [
      prepare(database.delete(leasedTurns).where(and(ofList(leasedTurns.listId), inArray(leasedTurns.turn, leased)))),
      prepare(database.delete(revokedTurns).where(inArray(revokedTurns.id, revoked))),
    ],
    marks: prepare(database.delete(revocationMark).where(inArray(revocationMark.id, marked))),
  };
};

const listVerbs = (connection: SqlConnection): Pick<RevocationStore, ListVerb> => {
  const { read, readTogether, write, settled } = connection;
  const statements = prepareListStatements(connection);
  const deletions = prepareDeletions(connection);
  const removeBitByBit = createRemoveBitByBit(connection);
  return {
    addStatusList: async (added) => {
      await write(statements.add.with(added));
    },
    findStatusList: async (listId) => first(await read(statements.find.with({ listId }))),
    leaseTurns: async ({ listId, turn }, count, lessee) => {
      const leased = await write(
        statements.isUnchanged.must(lessee),
        statements.isThere.must({ listId }),
        statements.lease.with({ listId, turn, count, clientId: lessee.clientId }),
      );
      if (leased !== undefined) return 'leased';
      // A list that is gone does not come back: what is read now was so before.
      return (await read(statements.isThere.with({ listId }))).length === 0 ? 'list_gone' : 'client_changed';
    },
    readRevocations: async (afterTurnsId, afterMarkId) => {
      const [lists, turns, marks] = await readTogether(
        statements.lists.with(),
        statements.turnsAfter.with({ afterTurnsId }),
        statements.marksAfter.with({ afterMarkId }),
      );
      // They are published under their numbers, which no other may ever have.
      if (turns.length > 0 || marks.length > 0) await settled?.();
      return { lists, turns, marks };
    },
    removeExpiredRevocations: async (listsBefore, marksBefore) => {
      const findExpired = async () => first(await read(statements.expired.with({ before: listsBefore })));
      for (let list = await findExpired(); list !== undefined; list = await findExpired()) {
        // The list is the last to go: what hangs on it would not be found again.
        for (const deletion of deletions.turnsOfList) await removeBitByBit(deletion, list);
        await write(statements.removeList.with(list));
      }
      await removeBitByBit(deletions.marks, { before: marksBefore });
    },
  };
};

export const createSqlRevocations = (
  connection: SqlConnection,
  revoking: Revoking,
  recording: Recording,
): Omit<RevocationStore, 'revokeClient'> => {
  const { database, tables, write, oneAtATime } = connection;
  const { session, tokenFamily } = tables;
  const prepareRevoke = (
    ofSessions: SQL,
    ofFamilies: SQL | undefined,
    marks: (values: Readonly<Record<string, string>>, at: NumericDate) => readonly Step[],
  ) => {
    const open = and(ofSessions, isNull(session.endedAt));
    const standing = and(ofFamilies, isNull(tokenFamily.endedAt));
    const endFamilies = prepareEndFamilies(connection, ofFamilies);
    const queueLogouts = prepareQueueLogouts(connection, ofSessions);
    const somethingToEnd = prepareText(
      connection,
      sql`select 1 where exists (select 1 from ${session} where ${open}) or exists (select 1 from ${tokenFamily} where ${standing})`,
      'finds rows',
    );
    const endSessions = prepare(
      database
        .update(session)
        .set({ endedAt: given('at') })
        .where(open),
    );
    return async (
      values: Readonly<Record<string, string>>,
      at: NumericDate,
      event: AuditEvent | null,
    ): Promise<boolean> => {
      const done = await write(
        ...oneAtATime('revocations'),
        somethingToEnd.must(values),
        queueLogouts(values, at),
        endSessions.with({ ...values, at }),
        ...endFamilies.withTokens(values, 'revoked_by_operator', at),
        ...marks(values, at),
        ...recording(event),
      );
      return done !== undefined;
    };
  };
  const endAllOfSession = prepareRevoke(
    eq(session.sid, sql.placeholder('sid')),
    familiesOfSession(tables, 'all'),
    ({ sid = '' }, at) => revoking.markSession(sid, at),
  );
  const endAllOfSubject = prepareRevoke(
    eq(session.sub, sql.placeholder('sub')),
    eq(tokenFamily.sub, sql.placeholder('sub')),
    () => [],
  );
  return {
    ...listVerbs(connection),
    revokeSession: (sid, at, event = null) => endAllOfSession({ sid }, at, event),
    revokeSubject: (sub, at, event = null) => endAllOfSubject({ sub }, at, event),
  };
};
