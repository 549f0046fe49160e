// LogoutDeliveryStore in SQL, and what queues deliveries: always in the write that ends what they tell of.
import { randomUUID } from 'node:crypto';
import { and, asc, eq, gte, inArray, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm';
import type { NumericDate } from '../seams/clock.ts';
import type { LogoutDeliveryStore } from '../seams/logout_delivery_store.ts';
import type { SqlConnection } from './sql_connection.ts';
import { given, givenNumber, givenText, prepare, prepareText, type Statement, type Step } from './sql_statement.ts';
import type { SqlTables } from './sql_tables.ts';

const into = ({ logoutDelivery }: SqlTables): SQL =>
  sql`insert into ${logoutDelivery} (id, client_id, sub, sid, attempts, next_attempt_at)`;

const clientOfFamily = ({ client, tokenFamily }: SqlTables): SQL | undefined =>
  and(eq(client.clientId, tokenFamily.clientId), isNotNull(client.backchannelLogoutUri));

const queueing =
  (statement: Statement<never>) =>
  (values: object, at: NumericDate): Step =>
    statement.with({ ...values, at, id: randomUUID() });

/** Tells the clients that got tokens in the sessions a condition selects, by `sid`. Comes before the step that ends these. */
export const prepareQueueLogouts = (connection: SqlConnection, which: SQL | undefined) => {
  const { tables } = connection;
  const { client, session, tokenFamily } = tables;
  const { clientId, sub, sid } = tokenFamily;
  return queueing(
    prepareText(
      connection,
      sql`${into(tables)}
        select distinct ${givenText('id')} || '.' || ${clientId} || '.' || ${sid}, ${clientId}, ${sub}, ${sid}, 0, ${givenNumber('at')}
        from ${session} join ${tokenFamily} on ${eq(sid, session.sid)}
        join ${client} on ${clientOfFamily(tables)}
        where ${and(which, isNull(session.endedAt))}`,
    ),
  );
};

/**
 * Tells every client that knows the end-user to sign them out wherever they are: by `sub` alone, which also ends what the
 * client kept of sessions that are over here, or by each `sid` where the client insists on it. Comes before the families
 * go. Back-Channel Logout 1.0 §2.4.
 */
export const prepareQueueLogoutsOfUser = (connection: SqlConnection) => {
  const { tables } = connection;
  const { client, tokenFamily } = tables;
  const { clientId, sub } = tokenFamily;
  const sid = sql`case when ${client.backchannelLogoutSessionRequired} then ${tokenFamily.sid} end`;
  return queueing(
    prepareText(
      connection,
      sql`${into(tables)}
        select distinct ${givenText('id')} || '.' || ${clientId} || '.' || coalesce(${sid}, ''), ${clientId}, ${sub}, ${sid}, 0, ${givenNumber('at')}
        from ${tokenFamily} join ${client} on ${clientOfFamily(tables)}
        where ${eq(sub, sql.placeholder('sub'))}`,
    ),
  );
};

export const createSqlLogoutDeliveries = ({
  database,
  tables,
  write,
  oneAtATime,
}: SqlConnection): LogoutDeliveryStore => {
  const { logoutDelivery } = tables;
  const due = lte(logoutDelivery.nextAttemptAt, sql.placeholder('now'));
  const named = eq(logoutDelivery.id, sql.placeholder('id'));
  const some = database
    .select({ id: logoutDelivery.id })
    .from(logoutDelivery)
    .where(due)
    .orderBy(asc(logoutDelivery.nextAttemptAt))
    .limit(sql.placeholder('most'));
  const dueOfClient = and(due, eq(logoutDelivery.clientId, sql.placeholder('clientId')));
  const attempts = sql`${logoutDelivery.attempts} + 1`;
  const take = prepare(
    database
      .update(logoutDelivery)
      .set({ nextAttemptAt: given('retryAt'), attempts })
      // Due once more: another node may have taken it since it was selected.
      .where(and(inArray(logoutDelivery.id, some), due))
      .returning(),
  );
  const giveUpOfClient = prepare(
    database.delete(logoutDelivery).where(and(dueOfClient, gte(attempts, sql.placeholder('mostAttempts')))),
  );
  const postponeOfClient = prepare(
    database
      .update(logoutDelivery)
      .set({ nextAttemptAt: given('nextAttemptAt'), attempts })
      .where(dueOfClient),
  );
  const postpone = prepare(
    database
      .update(logoutDelivery)
      .set({ nextAttemptAt: given('nextAttemptAt') })
      .where(named),
  );
  const remove = prepare(database.delete(logoutDelivery).where(named));
  return {
    takeLogoutDeliveries: async (now, retryAt, most) => {
      const taken = await write(...oneAtATime('logout_deliveries'), take.with({ now, retryAt, most }));
      // The last step is the one that takes, whatever came before it.
      return (taken?.at(-1)?.rows ?? []) as readonly (typeof logoutDelivery.$inferSelect)[];
    },
    postponeLogoutDeliveriesOf: async (clientId, now, nextAttemptAt, mostAttempts) => {
      const values = { clientId, now, nextAttemptAt, mostAttempts };
      const done = await write(
        ...oneAtATime('logout_deliveries'),
        giveUpOfClient.with(values),
        postponeOfClient.with(values),
      );
      return done?.at(-2)?.changes ?? 0;
    },
    postponeLogoutDelivery: async (id, nextAttemptAt) => {
      await write(postpone.with({ id, nextAttemptAt }));
    },
    removeLogoutDelivery: async (id) => {
      await write(remove.with({ id }));
    },
  };
};
