// RevocationStore on better-sqlite3.
import { and, asc, eq, gt, inArray, isNull, lt, sql } from 'drizzle-orm';
import type { RevocationStore, StatusListRecord } from '../seams/revocation_store.ts';
import type { SqliteConnection } from './better_sqlite3_connection.ts';
import type { SqliteDatabase } from './better_sqlite3_database.ts';
import { queueLogouts } from './better_sqlite3_logout_deliveries.ts';
import { markSession, revokeTokensOfClient } from './better_sqlite3_revoking.ts';
import { endFamilies, endFamiliesUnmarked } from './better_sqlite3_tokens.ts';
import { leasedTurns, revocationMark, revokedTurns, statusList } from './sqlite_revocation_schema.ts';
import { client, session, tokenFamily } from './sqlite_schema.ts';

const prepareStatements = (database: SqliteDatabase) => ({
  findList: database
    .select()
    .from(statusList)
    .where(eq(statusList.listId, sql.placeholder('listId')))
    .prepare(),
  findNotBefore: database
    .select({ tokensNotBefore: client.tokensNotBefore })
    .from(client)
    .where(eq(client.clientId, sql.placeholder('clientId')))
    .prepare(),
  lists: database.select().from(statusList).orderBy(asc(statusList.expiresAt), asc(statusList.listId)).prepare(),
  turnsAfter: database
    .select()
    .from(revokedTurns)
    .where(gt(revokedTurns.id, sql.placeholder('id')))
    .orderBy(asc(revokedTurns.id))
    .prepare(),
  marksAfter: database
    .select()
    .from(revocationMark)
    .where(gt(revocationMark.id, sql.placeholder('id')))
    .orderBy(asc(revocationMark.id))
    .prepare(),
});

const removeLists = (database: SqliteDatabase, listIds: readonly string[]): void => {
  database
    .delete(leasedTurns)
    .where(inArray(leasedTurns.listId, [...listIds]))
    .run();
  database
    .delete(revokedTurns)
    .where(inArray(revokedTurns.listId, [...listIds]))
    .run();
  database
    .delete(statusList)
    .where(inArray(statusList.listId, [...listIds]))
    .run();
};

const listsPerStep = 10;

type ListVerb = 'addStatusList' | 'findStatusList' | 'leaseTurns' | 'readRevocations';

const listVerbs = ({ database, read, write }: SqliteConnection): Pick<RevocationStore, ListVerb> => {
  const { findList, findNotBefore, lists, turnsAfter, marksAfter } = prepareStatements(database);
  return {
    addStatusList: (added: StatusListRecord) =>
      write(() => {
        database.insert(statusList).values(added).run();
      }),
    findStatusList: (listId) => read(() => findList.get({ listId })),
    leaseTurns: ({ listId, turn }, count, { clientId, tokensNotBefore }) =>
      write(() => {
        if (findList.get({ listId }) === undefined) return 'list_gone';
        if (findNotBefore.get({ clientId })?.tokensNotBefore !== tokensNotBefore) return 'client_changed';
        database.insert(leasedTurns).values({ listId, turn, count, clientId }).run();
        return 'leased';
      }),
    readRevocations: (afterTurnsId, afterMarkId) =>
      read(() =>
        database.transaction(() => ({
          lists: lists.all(),
          turns: turnsAfter.all({ id: afterTurnsId }),
          marks: marksAfter.all({ id: afterMarkId }),
        })),
      ),
  };
};

export const createBetterSqlite3Revocations = (connection: SqliteConnection): RevocationStore => {
  const { database, rowCaches, write } = connection;
  const unended = (families: ReturnType<typeof eq>) =>
    database
      .select({ familyId: tokenFamily.familyId })
      .from(tokenFamily)
      .where(and(families, isNull(tokenFamily.endedAt)));
  const hasUnended = (families: ReturnType<typeof eq>): boolean => unended(families).limit(1).get() !== undefined;
  return {
    ...listVerbs(connection),
    revokeSession: (sid, at) =>
      write(() => {
        const ofSession = eq(tokenFamily.sid, sid);
        const standing = and(eq(session.sid, sid), isNull(session.endedAt));
        queueLogouts(database, eq(session.sid, sid), at);
        const ended = database.update(session).set({ endedAt: at }).where(standing).run().changes;
        if (ended === 0 && !hasUnended(ofSession)) return false;
        endFamilies(database, ofSession, 'revoked_by_operator', at);
        markSession(database, sid, at);
        return true;
      }),
    revokeSubject: (sub, at) =>
      write(() => {
        const ofSubject = eq(tokenFamily.sub, sub);
        const standing = and(eq(session.sub, sub), isNull(session.endedAt));
        queueLogouts(database, eq(session.sub, sub), at);
        const ended = database.update(session).set({ endedAt: at }).where(standing).run().changes;
        if (ended === 0 && !hasUnended(ofSubject)) return false;
        endFamilies(database, ofSubject, 'revoked_by_operator', at);
        return true;
      }),
    revokeClient: (clientId, at) =>
      write(() => {
        const known = database.select({ clientId: client.clientId }).from(client).where(eq(client.clientId, clientId));
        if (known.get() === undefined) return false;
        rowCaches.forgetAll();
        endFamiliesUnmarked(database, eq(tokenFamily.clientId, clientId), 'revoked_by_operator', at);
        revokeTokensOfClient(database, clientId, at);
        return true;
      }),
    removeExpiredRevocations: async (listsBefore, marksBefore) => {
      const expired = database
        .select({ listId: statusList.listId })
        .from(statusList)
        .where(lt(statusList.expiresAt, listsBefore))
        .limit(listsPerStep);
      let removed = listsPerStep;
      while (removed === listsPerStep)
        removed = await write(() => {
          const listIds = expired.all().map(({ listId }) => listId);
          if (listIds.length > 0) removeLists(database, listIds);
          return listIds.length;
        });
      await write(() => database.delete(revocationMark).where(lt(revocationMark.markedAt, marksBefore)).run());
    },
  };
};
