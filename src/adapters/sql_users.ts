// UserStore in SQL. What ends a user's access ends sessions and families in the same write (T085, T096).
import { and, asc, eq, getTableColumns, gt, isNull, ne, or, type SQL, sql } from 'drizzle-orm';
import type { UserStore } from '../seams/user_store.ts';
import type { Recording } from './sql_audit.ts';
import { first, type SqlConnection } from './sql_connection.ts';
import { prepareEndFamilies } from './sql_families.ts';
import { prepareQueueLogouts, prepareQueueLogoutsOfUser } from './sql_logout_deliveries.ts';
import { createReadPersonalData, prepareRemoveAllOf } from './sql_personal_data.ts';
import { isProvedPassword } from './sql_proved_password.ts';
import type { Revoking } from './sql_revoking.ts';
import { given, givenNumber, givenText, greater, once, placeholders, prepare, prepareText } from './sql_statement.ts';

/** What no session is called. */
const noSid = '';

const prepareStatements = (connection: SqlConnection) => {
  const { database, tables } = connection;
  const { endUser } = tables;
  const named = eq(endUser.sub, sql.placeholder('sub'));
  const login = (column: typeof endUser.username | typeof endUser.email, name: string) =>
    eq(column, sql.placeholder(name));
  /** Whoever signs in by what another would be known by: a login must name one user. */
  const crossed = database
    .select({ sub: endUser.sub })
    .from(endUser)
    .where(or(login(endUser.email, 'username'), login(endUser.username, 'email')));
  const another = database
    .select({ sub: endUser.sub })
    .from(endUser)
    .where(
      and(or(login(endUser.email, 'email'), login(endUser.username, 'email')), ne(endUser.sub, sql.placeholder('sub'))),
    );
  const unless = (taken: typeof crossed | typeof another) =>
    prepareText(connection, sql`select 1 where not exists ${taken}`, 'finds rows');
  return {
    find: prepare(database.select().from(endUser).where(named)),
    findByLogin: prepare(
      database
        .select()
        .from(endUser)
        .where(or(login(endUser.username, 'login'), login(endUser.email, 'login'))),
    ),
    list: prepare(
      database
        .select()
        .from(endUser)
        .where(gt(endUser.username, sql.placeholder('after')))
        .orderBy(asc(endUser.username))
        .limit(sql.placeholder('most')),
    ),
    any: prepare(database.select({ sub: endUser.sub }).from(endUser).limit(1)),
    unlessCrossed: unless(crossed),
    unlessTaken: unless(another),
    add: prepare(
      database
        .insert(endUser)
        .values(placeholders(getTableColumns(endUser)))
        .onConflictDoNothing(),
    ),
    setPassword: prepare(
      database
        .update(endUser)
        .set({
          passwordHash: given('passwordHash'),
          // Never the same instant twice: it tells a proof of this password from one of the password before.
          passwordChangedAt: greater(givenNumber('at'), sql`coalesce(${endUser.passwordChangedAt} + 1, 0)`),
        })
        .where(named),
    ),
    stillProved: prepare(
      database
        .select({ sub: endUser.sub })
        .from(endUser)
        .where(and(named, isProvedPassword(tables))),
    ),
    rehash: prepare(
      database
        .update(endUser)
        .set({ passwordHash: given('to') })
        .where(and(named, eq(endUser.passwordHash, sql.placeholder('from')))),
    ),
    lock: prepare(
      database
        .update(endUser)
        .set({ lockedAt: sql`coalesce(${endUser.lockedAt}, ${givenNumber('at')})` })
        .where(named),
    ),
    unlock: prepare(database.update(endUser).set({ lockedAt: null }).where(named)),
    remove: prepare(database.delete(endUser).where(named)),
  };
};

/** Those of one user, but `keepSid`. */
const openSessions = ({ tables: { session } }: SqlConnection): SQL | undefined =>
  and(eq(session.sub, sql.placeholder('sub')), isNull(session.endedAt), sql`${session.sid} <> ${givenText('keepSid')}`);

const prepareSessionStatements = (connection: SqlConnection) => {
  const { database, tables } = connection;
  const { session } = tables;
  return {
    isOpen: prepare(
      database
        .select({ sid: session.sid })
        .from(session)
        .where(
          and(
            eq(session.sid, sql.placeholder('keepSid')),
            eq(session.sub, sql.placeholder('sub')),
            isNull(session.endedAt),
          ),
        ),
      { locks: 'share' },
    ),
    endOpen: prepare(
      database
        .update(session)
        .set({ endedAt: given('at') })
        .where(openSessions(connection)),
    ),
    queueOpen: prepareQueueLogouts(connection, openSessions(connection)),
  };
};

export const createSqlUsers = (connection: SqlConnection, revoking: Revoking, recording: Recording): UserStore => {
  const { database, tables, read, write, oneAtATime } = connection;
  const users = prepareStatements(connection);
  const sessions = prepareSessionStatements(connection);
  const endFamilies = prepareEndFamilies(connection, eq(tables.tokenFamily.sub, sql.placeholder('sub')));
  const queueLogoutsOfUser = prepareQueueLogoutsOfUser(connection);
  const removeAllOf = prepareRemoveAllOf(connection);
  return {
    findUserByLogin: async (login) => first(await read(users.findByLogin.with({ login }))),
    findUser: async (sub) => first(await read(users.find.with({ sub }))),
    listUsers: (after, most) => read(users.list.with({ after, most })),
    hasUsers: async () => (await read(users.any.with())).length > 0,
    addUser: async (user, event = null) => {
      const added = [users.unlessCrossed.must(user), users.add.must(user)];
      return (await write(...oneAtATime('logins'), ...added, ...recording(event))) !== undefined;
    },
    updateUser: async (sub, changes, updatedAt, event = null) => {
      const { email } = changes;
      const free = typeof email === 'string' ? [users.unlessTaken.must({ sub, email })] : [];
      const changed = database.update(tables.endUser).set({ ...changes, updatedAt });
      const step = once(changed.where(eq(tables.endUser.sub, sub)));
      const updated = await write(...oneAtATime('logins'), ...free, { ...step, must: true }, ...recording(event));
      return updated !== undefined;
    },
    readPersonalData: createReadPersonalData(connection),
    setPassword: async (whose, passwordHash, at, keepSid, event = null) => {
      const [sub, proved] = typeof whose === 'string' ? [whose] : [whose.sub, whose];
      const values = { sub, at, passwordHash, keepSid: keepSid ?? noSid };
      const set = await write(
        ...oneAtATime('revocations'),
        ...(proved === undefined ? [] : [users.stillProved.must({ sub, passwordChangedAt: proved.passwordChangedAt })]),
        users.setPassword.must(values),
        ...(keepSid === null ? [] : [sessions.isOpen.must(values)]),
        sessions.queueOpen(values, at),
        sessions.endOpen.with(values),
        ...endFamilies.withTokens({ sub }, 'password_changed', at),
        ...recording(event),
      );
      return set !== undefined;
    },
    rehashPassword: async (sub, from, to) => {
      await write(users.rehash.with({ sub, from, to }));
    },
    lockUser: async (sub, at, event = null) => {
      const locked = await write(
        ...oneAtATime('revocations'),
        users.lock.must({ sub, at }),
        queueLogoutsOfUser({ sub }, at),
        sessions.endOpen.with({ sub, at, keepSid: noSid }),
        ...endFamilies.withTokens({ sub }, 'user_locked', at),
        ...recording(event),
      );
      return locked !== undefined;
    },
    unlockUser: async (sub, event = null) =>
      (await write(users.unlock.must({ sub }), ...recording(event))) !== undefined,
    removeUser: async (sub, at, event = null) => {
      const removed = await write(
        ...oneAtATime('revocations'),
        users.remove.must({ sub }),
        queueLogoutsOfUser({ sub }, at),
        ...endFamilies.withTokens({ sub }, 'user_removed', at),
        ...revoking.mark('sub', sub, at),
        ...removeAllOf(sub),
        ...recording(event),
      );
      return removed !== undefined;
    },
  };
};
