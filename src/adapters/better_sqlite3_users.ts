// UserStore on better-sqlite3. What ends a user's access ends sessions and families in the same transaction (T085, T096).
import { and, asc, eq, getTableColumns, inArray, isNull, ne, or, type SQL, sql } from 'drizzle-orm';
import type { NumericDate } from '../seams/clock.ts';
import type { PersonalData, UserStore } from '../seams/user_store.ts';
import type { SqliteConnection } from './better_sqlite3_connection.ts';
import type { SqliteDatabase } from './better_sqlite3_database.ts';
import { queueLogouts, queueLogoutsOfUser } from './better_sqlite3_logout_deliveries.ts';
import { addMark } from './better_sqlite3_revoking.ts';
import { endFamilies, familyColumns } from './better_sqlite3_tokens.ts';
import {
  auditEvent,
  authorizationCode,
  consent,
  endUser,
  refreshToken,
  session,
  tokenFamily,
} from './sqlite_schema.ts';

const prepareStatements = (database: SqliteDatabase) => ({
  findUserByLogin: database
    .select()
    .from(endUser)
    .where(or(eq(endUser.username, sql.placeholder('login')), eq(endUser.email, sql.placeholder('login'))))
    .prepare(),
  findUser: database
    .select()
    .from(endUser)
    .where(eq(endUser.sub, sql.placeholder('sub')))
    .prepare(),
  /** Whoever signs in by what another would be known by: a login must name one user. */
  findCrossed: database
    .select({ sub: endUser.sub })
    .from(endUser)
    .where(or(eq(endUser.email, sql.placeholder('username')), eq(endUser.username, sql.placeholder('email'))))
    .prepare(),
});

/** Whether another signs in by this e-mail address. */
const isEmailTaken = (database: SqliteDatabase, sub: string, email: string): boolean =>
  database
    .select({ sub: endUser.sub })
    .from(endUser)
    .where(and(or(eq(endUser.email, email), eq(endUser.username, email)), ne(endUser.sub, sub)))
    .get() !== undefined;

const personalData = (database: SqliteDatabase, sub: string): PersonalData | undefined => {
  const user = database.select().from(endUser).where(eq(endUser.sub, sub)).get();
  if (user === undefined) return undefined;
  const { id: _, ...columns } = getTableColumns(auditEvent);
  return {
    user,
    sessions: database.select().from(session).where(eq(session.sub, sub)).orderBy(asc(session.authTime)).all(),
    consents: database.select().from(consent).where(eq(consent.sub, sub)).orderBy(asc(consent.clientId)).all(),
    families: database
      .select(familyColumns)
      .from(tokenFamily)
      .where(eq(tokenFamily.sub, sub))
      .orderBy(asc(tokenFamily.createdAt))
      .all(),
    auditEvents: database
      .select(columns)
      .from(auditEvent)
      .where(eq(auditEvent.sub, sub))
      .orderBy(asc(auditEvent.id))
      .all(),
  };
};

/** Those of one user, but `keepSid`. */
const openSessions = (sub: string, keepSid: string | null): SQL | undefined =>
  and(eq(session.sub, sub), isNull(session.endedAt), keepSid === null ? undefined : ne(session.sid, keepSid));

const isOpen = (database: SqliteDatabase, sub: string, sid: string): boolean =>
  database
    .select({ sid: session.sid })
    .from(session)
    .where(and(eq(session.sid, sid), eq(session.sub, sub), isNull(session.endedAt)))
    .get() !== undefined;

const endSessions = (database: SqliteDatabase, which: SQL | undefined, endedAt: NumericDate): void => {
  database.update(session).set({ endedAt }).where(which).run();
};

const removeAllOf = (database: SqliteDatabase, sub: string): void => {
  const families = database
    .select({ familyId: tokenFamily.familyId })
    .from(tokenFamily)
    .where(eq(tokenFamily.sub, sub));
  database.delete(refreshToken).where(inArray(refreshToken.familyId, families)).run();
  database.delete(tokenFamily).where(eq(tokenFamily.sub, sub)).run();
  database.delete(authorizationCode).where(eq(authorizationCode.sub, sub)).run();
  database.delete(consent).where(eq(consent.sub, sub)).run();
  database.delete(session).where(eq(session.sub, sub)).run();
  database.update(auditEvent).set({ address: null }).where(eq(auditEvent.sub, sub)).run();
};

export const createBetterSqlite3Users = ({ database, read, write }: SqliteConnection): UserStore => {
  const statements = prepareStatements(database);
  return {
    findUserByLogin: (login) => read(() => statements.findUserByLogin.get({ login })),
    findUser: (sub) => read(() => statements.findUser.get({ sub })),
    listUsers: () => read(() => database.select().from(endUser).orderBy(asc(endUser.username)).all()),
    addUser: (user) =>
      write(() => {
        if (statements.findCrossed.get({ username: user.username, email: user.email }) !== undefined) return false;
        return database.insert(endUser).values(user).onConflictDoNothing().run().changes === 1;
      }),
    updateUser: (sub, changes, updatedAt) =>
      write(() => {
        const { email } = changes;
        if (typeof email === 'string' && isEmailTaken(database, sub, email)) return false;
        const changed = { ...changes, updatedAt };
        return database.update(endUser).set(changed).where(eq(endUser.sub, sub)).run().changes === 1;
      }),
    readPersonalData: (sub) => read(() => database.transaction(() => personalData(database, sub))),
    setPassword: (sub, passwordHash, at, keepSid) =>
      write(() => {
        if (keepSid !== null && !isOpen(database, sub, keepSid)) return false;
        // Never the same instant twice: it tells a proof of this password from one of the password before.
        const passwordChangedAt = sql`max(${at}, coalesce(${endUser.passwordChangedAt} + 1, 0))`;
        const changed = { passwordHash, passwordChangedAt };
        if (database.update(endUser).set(changed).where(eq(endUser.sub, sub)).run().changes === 0) return false;
        queueLogouts(database, openSessions(sub, keepSid), at);
        endSessions(database, openSessions(sub, keepSid), at);
        endFamilies(database, eq(tokenFamily.sub, sub), 'password_changed', at);
        return true;
      }),
    rehashPassword: (sub, from, to) =>
      write(() => {
        database
          .update(endUser)
          .set({ passwordHash: to })
          .where(and(eq(endUser.sub, sub), eq(endUser.passwordHash, from)))
          .run();
      }),
    lockUser: (sub, at) =>
      write(() => {
        const locked = { lockedAt: sql`coalesce(locked_at, ${at})` };
        if (database.update(endUser).set(locked).where(eq(endUser.sub, sub)).run().changes === 0) return false;
        queueLogoutsOfUser(database, sub, at);
        endSessions(database, openSessions(sub, null), at);
        endFamilies(database, eq(tokenFamily.sub, sub), 'user_locked', at);
        return true;
      }),
    unlockUser: (sub) =>
      write(() => database.update(endUser).set({ lockedAt: null }).where(eq(endUser.sub, sub)).run().changes === 1),
    removeUser: (sub, at) =>
      write(() => {
        if (database.delete(endUser).where(eq(endUser.sub, sub)).run().changes === 0) return false;
        queueLogoutsOfUser(database, sub, at);
        endFamilies(database, eq(tokenFamily.sub, sub), 'user_removed', at);
        addMark(database, 'sub', sub, at);
        removeAllOf(database, sub);
        return true;
      }),
  };
};
