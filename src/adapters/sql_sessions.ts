// SessionStore in SQL: signed-in browsers here, interactions and consent beside it.
import { and, asc, desc, eq, getTableColumns, isNull, sql } from 'drizzle-orm';
import type { ProvedUser, SessionStore } from '../seams/session_store.ts';
import type { Recording } from './sql_audit.ts';
import { first, type SqlConnection } from './sql_connection.ts';
import { createSqlConsents } from './sql_consents.ts';
import { createRemoveExpired } from './sql_expiry.ts';
import { familiesOfSession, prepareEndFamilies } from './sql_families.ts';
import { createSqlInteractions } from './sql_interactions.ts';
import { prepareQueueLogouts } from './sql_logout_deliveries.ts';
import { isProvedPassword } from './sql_proved_password.ts';
import type { Revoking } from './sql_revoking.ts';
import { given, givenNumber, greater, placeholders, prepare, replacements, type Step } from './sql_statement.ts';

const prepareStatements = ({ database, tables }: SqlConnection) => {
  const { endUser, session } = tables;
  const standing = isNull(session.endedAt);
  const named = and(eq(session.sid, sql.placeholder('sid')), standing);
  const found = and(eq(session.sessionHash, sql.placeholder('foundBy')), named);
  const { sid: _, sub: __, ...renewed } = getTableColumns(session);
  return {
    add: prepare(database.insert(session).values(placeholders(getTableColumns(session)))),
    renew: prepare(database.update(session).set(replacements(renewed)).where(found)),
    find: prepare(
      database
        .select()
        .from(session)
        .where(and(eq(session.sessionHash, sql.placeholder('sessionHash')), standing)),
    ),
    findBySid: prepare(database.select().from(session).where(named)),
    // From the index alone, without a look at the row.
    findKnownBrowser: prepare(
      database
        .select({ sub: session.sub })
        .from(session)
        .where(and(eq(session.sub, sql.placeholder('sub')), eq(session.browserHash, sql.placeholder('browserHash'))))
        .limit(1),
    ),
    list: prepare(
      database
        .select()
        .from(session)
        .where(and(eq(session.sub, sql.placeholder('sub')), standing))
        .orderBy(desc(session.authTime), asc(session.sid)),
    ),
    touch: prepare(
      database
        .update(session)
        .set({ lastSeenAt: greater(session.lastSeenAt, givenNumber('lastSeenAt')) })
        .where(named),
    ),
    end: prepare(
      database
        .update(session)
        .set({ endedAt: given('at') })
        .where(named),
    ),
    userStands: prepare(
      database
        .select({ sub: endUser.sub })
        .from(endUser)
        .where(and(eq(endUser.sub, sql.placeholder('sub')), isNull(endUser.lockedAt), isProvedPassword(tables))),
      { locks: 'share' },
    ),
  };
};

export const createSqlSessions = (
  connection: SqlConnection,
  revoking: Revoking,
  recording: Recording,
): SessionStore => {
  const { read, write, oneAtATime, tables } = connection;
  const statements = prepareStatements(connection);
  const ofSession = eq(tables.session.sid, sql.placeholder('sid'));
  const queueLogouts = prepareQueueLogouts(connection, ofSession);
  const endBoundFamilies = prepareEndFamilies(connection, familiesOfSession(tables, 'bound to it'));
  const stillStands = (proved: ProvedUser | null): readonly Step[] =>
    proved === null ? [] : [statements.userStands.must(proved)];
  return {
    addSession: async (added, proved, event = null) =>
      (await write(...stillStands(proved), statements.add.with(added), ...recording(event))) !== undefined,
    renewSession: async (foundBy, renewed, proved, event = null) => {
      const renewing = statements.renew.must({ ...renewed, foundBy });
      return (await write(...stillStands(proved), renewing, ...recording(event))) !== undefined;
    },
    findSession: async (sessionHash) => first(await read(statements.find.with({ sessionHash }))),
    findSessionBySid: async (sid) => first(await read(statements.findBySid.with({ sid }))),
    isKnownBrowser: async (sub, browserHash) =>
      (await read(statements.findKnownBrowser.with({ sub, browserHash }))).length > 0,
    listSessions: (sub) => read(statements.list.with({ sub })),
    touchSession: async (sid, lastSeenAt) => {
      await write(statements.touch.with({ sid, lastSeenAt }));
    },
    endSession: async (sid, at, event = null) => {
      const ended = await write(
        ...oneAtATime('revocations'),
        queueLogouts({ sid }, at),
        statements.end.must({ sid, at }),
        ...endBoundFamilies.withTokens({ sid }, 'session_ended', at),
        ...revoking.markSession(sid, at),
        ...recording(event),
      );
      return ended !== undefined;
    },
    ...createSqlInteractions(connection),
    ...createSqlConsents(connection, recording),
    removeExpired: createRemoveExpired(connection),
  };
};
