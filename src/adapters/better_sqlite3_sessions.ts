// SessionStore on better-sqlite3: sessions, interactions and consent.
import { and, asc, desc, eq, getTableColumns, isNull, sql } from 'drizzle-orm';
import type { Consent, ProvedUser, SessionStore } from '../seams/session_store.ts';
import { placeholders, type SqliteConnection } from './better_sqlite3_connection.ts';
import type { SqliteDatabase } from './better_sqlite3_database.ts';
import { createRemoveExpired } from './better_sqlite3_expiry.ts';
import { queueLogouts } from './better_sqlite3_logout_deliveries.ts';
import { markSession } from './better_sqlite3_revoking.ts';
import { endFamilies } from './better_sqlite3_tokens.ts';
import { authorizationCode, consent, endUser, interaction, session, tokenFamily } from './sqlite_schema.ts';

const prepareStatements = (database: SqliteDatabase) => ({
  addSession: database
    .insert(session)
    .values(placeholders(getTableColumns(session)))
    .prepare(),
  findSession: database
    .select()
    .from(session)
    .where(and(eq(session.sessionHash, sql.placeholder('sessionHash')), isNull(session.endedAt)))
    .prepare(),
  findSessionBySid: database
    .select()
    .from(session)
    .where(and(eq(session.sid, sql.placeholder('sid')), isNull(session.endedAt)))
    .prepare(),
  findKnownBrowser: database
    .select({ sid: session.sid })
    .from(session)
    .where(and(eq(session.sub, sql.placeholder('sub')), eq(session.browserHash, sql.placeholder('browserHash'))))
    .limit(1)
    .prepare(),
  touchSession: database
    .update(session)
    .set({ lastSeenAt: sql`max(${session.lastSeenAt}, ${sql.placeholder('lastSeenAt')})` })
    .where(and(eq(session.sid, sql.placeholder('sid')), isNull(session.endedAt)))
    .prepare(),
  endSession: database
    .update(session)
    .set({ endedAt: sql`${sql.placeholder('at')}` })
    .where(and(eq(session.sid, sql.placeholder('sid')), isNull(session.endedAt)))
    .prepare(),
  addInteraction: database
    .insert(interaction)
    .values(placeholders(getTableColumns(interaction)))
    .prepare(),
  findInteraction: database
    .select()
    .from(interaction)
    .where(eq(interaction.idHash, sql.placeholder('idHash')))
    .prepare(),
  findProved: database
    .select({ lockedAt: endUser.lockedAt, passwordChangedAt: endUser.passwordChangedAt })
    .from(endUser)
    .where(eq(endUser.sub, sql.placeholder('sub')))
    .prepare(),
  findConsent: database
    .select()
    .from(consent)
    .where(and(eq(consent.sub, sql.placeholder('sub')), eq(consent.clientId, sql.placeholder('clientId'))))
    .prepare(),
});

const stillStands = ({ findProved }: Statements, proved: ProvedUser | null): boolean => {
  if (proved === null) return true;
  const found = findProved.get({ sub: proved.sub });
  return found !== undefined && found.lockedAt === null && found.passwordChangedAt === proved.passwordChangedAt;
};

const union = (before: readonly string[] | undefined, added: readonly string[]): readonly string[] => [
  ...new Set([...(before ?? []), ...added]),
];

const merge = (before: Consent | undefined, added: Consent): Consent => ({
  ...added,
  scope: union(before?.scope, added.scope),
  claims: union(before?.claims, added.claims),
  resources: union(before?.resources, added.resources),
});

const withdraw = (database: SqliteDatabase, sub: string, clientId: string): boolean => {
  database
    .delete(authorizationCode)
    .where(
      and(
        eq(authorizationCode.sub, sub),
        eq(authorizationCode.clientId, clientId),
        // A spent code stays, so that its reuse is seen.
        isNull(authorizationCode.usedAt),
      ),
    )
    .run();
  const withdrawn = database
    .delete(consent)
    .where(and(eq(consent.sub, sub), eq(consent.clientId, clientId)))
    .run();
  return withdrawn.changes === 1;
};

type ConsentVerb = 'findConsent' | 'listConsents' | 'saveConsent' | 'withdrawConsent';
type InteractionVerb = 'addInteraction' | 'findInteraction' | 'markInteraction' | 'removeInteraction';
type Statements = ReturnType<typeof prepareStatements>;

const consentVerbs = (
  { database, read, write }: SqliteConnection,
  { findConsent }: Statements,
): Pick<SessionStore, ConsentVerb> => ({
  findConsent: (sub, clientId) => read(() => findConsent.get({ sub, clientId })),
  listConsents: (sub) =>
    read(() => database.select().from(consent).where(eq(consent.sub, sub)).orderBy(asc(consent.clientId)).all()),
  saveConsent: (added) =>
    write(() => {
      const merged = merge(findConsent.get({ sub: added.sub, clientId: added.clientId }), added);
      database
        .insert(consent)
        .values(merged)
        .onConflictDoUpdate({ target: [consent.sub, consent.clientId], set: merged })
        .run();
    }),
  withdrawConsent: (sub, clientId, at) =>
    write(() => {
      const ofClient = and(eq(tokenFamily.sub, sub), eq(tokenFamily.clientId, clientId));
      endFamilies(database, ofClient, 'consent_withdrawn', at);
      return withdraw(database, sub, clientId);
    }),
});

const interactionVerbs = (
  { database, read, write }: SqliteConnection,
  { addInteraction, findInteraction }: Statements,
): Pick<SessionStore, InteractionVerb> => ({
  addInteraction: (added) =>
    write(() => {
      addInteraction.run({ ...added });
    }),
  findInteraction: (idHash) => read(() => findInteraction.get({ idHash })),
  markInteraction: (idHash, mark, at) =>
    write(() => {
      database
        .update(interaction)
        .set({ [mark]: at })
        .where(eq(interaction.idHash, idHash))
        .run();
    }),
  removeInteraction: (idHash) =>
    write(() => {
      database.delete(interaction).where(eq(interaction.idHash, idHash)).run();
    }),
});

export const createBetterSqlite3Sessions = (connection: SqliteConnection): SessionStore => {
  const { database, read, write } = connection;
  const statements = prepareStatements(database);
  return {
    addSession: (added, proved) =>
      write(() => {
        if (!stillStands(statements, proved)) return false;
        statements.addSession.run({ ...added });
        return true;
      }),
    renewSession: (sessionHash, { sid, sub, ...renewed }, proved) =>
      write(() => {
        if (!stillStands(statements, proved)) return false;
        const standing = and(eq(session.sessionHash, sessionHash), eq(session.sid, sid), isNull(session.endedAt));
        return database.update(session).set(renewed).where(standing).run().changes === 1;
      }),
    findSession: (sessionHash) => read(() => statements.findSession.get({ sessionHash })),
    findSessionBySid: (sid) => read(() => statements.findSessionBySid.get({ sid })),
    isKnownBrowser: (sub, browserHash) =>
      read(() => statements.findKnownBrowser.get({ sub, browserHash }) !== undefined),
    listSessions: (sub) =>
      read(() =>
        database
          .select()
          .from(session)
          .where(and(eq(session.sub, sub), isNull(session.endedAt)))
          .orderBy(desc(session.authTime), asc(session.sid))
          .all(),
      ),
    touchSession: (sid, lastSeenAt) =>
      write(() => {
        statements.touchSession.run({ sid, lastSeenAt });
      }),
    endSession: (sid, at) =>
      write(() => {
        queueLogouts(database, eq(session.sid, sid), at);
        if (statements.endSession.run({ sid, at }).changes === 0) return false;
        endFamilies(database, and(eq(tokenFamily.sid, sid), eq(tokenFamily.offline, false)), 'session_ended', at);
        markSession(database, sid, at);
        return true;
      }),
    ...interactionVerbs(connection, statements),
    ...consentVerbs(connection, statements),
    removeExpired: createRemoveExpired(connection),
  };
};
