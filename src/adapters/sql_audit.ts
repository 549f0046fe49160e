// AuditStore in SQL. Append-only: nothing here changes an event, and only age deletes one.
import { and, asc, desc, eq, getTableColumns, gt, gte, inArray, lt, lte, sql } from 'drizzle-orm';
import type { AuditEvent, AuditFilter, AuditStore } from '../seams/audit_store.ts';
import type { SqlConnection } from './sql_connection.ts';
import { once, placeholders, prepare, type Step } from './sql_statement.ts';
import type { SqlTables } from './sql_tables.ts';

/** Where the user is named too, not by the index: a client may have half of all events, a user has a few. */
const isOfClient = ({ auditEvent }: SqlTables, clientId: string, sub: string | undefined) =>
  sub === undefined ? eq(auditEvent.clientId, clientId) : eq(sql`coalesce(${auditEvent.clientId}, '')`, clientId);

const matches = (tables: SqlTables, { type, sub, clientId, since }: AuditFilter) => {
  const { auditEvent } = tables;
  return and(
    type === undefined ? undefined : eq(auditEvent.type, type),
    sub === undefined ? undefined : eq(auditEvent.sub, sub),
    clientId === undefined ? undefined : isOfClient(tables, clientId, sub),
    since === undefined ? undefined : gte(auditEvent.at, since),
  );
};

/** The last steps of a write that is recorded. */
export type Recording = (event: AuditEvent | null) => readonly Step[];

export const createRecording = ({ database, tables: { auditEvent } }: SqlConnection): Recording => {
  const { id: _, ...written } = getTableColumns(auditEvent);
  const append = prepare(database.insert(auditEvent).values(placeholders(written)));
  return (event) => (event === null ? [] : [append.with(event)]);
};

export const createSqlAudit = (connection: SqlConnection, recording: Recording): AuditStore => {
  const { database, tables, read, write, mostRows } = connection;
  const { auditEvent } = tables;
  const { id, at } = getTableColumns(auditEvent);
  // Without an index on when: ids ascend with it, but for what clocks differ.
  const pageAfter = prepare(
    database
      .select({ id, at })
      .from(auditEvent)
      .where(gt(id, sql.placeholder('after')))
      .orderBy(asc(id))
      .limit(mostRows),
  );
  /** Up to here nothing is left that may go. */
  let walked = 0;
  return {
    appendAudit: async (event) => {
      await write(...recording(event));
    },
    listAudit: (filter) =>
      read(
        once(database.select().from(auditEvent).where(matches(tables, filter)).orderBy(desc(id)).limit(filter.limit)),
      ),
    removeAudit: async (types, before) => {
      for (let [after, isAllOld] = [walked, true]; ; ) {
        const rows = await read(pageAfter.with({ after }));
        const last = rows.at(-1);
        if (last === undefined || rows.every((row) => row.at >= before)) return;
        const old = and(gt(id, after), lte(id, last.id), inArray(auditEvent.type, [...types]), lt(at, before));
        await write(once(database.delete(auditEvent).where(old)));
        after = last.id;
        isAllOld &&= rows.every((row) => row.at < before);
        if (isAllOld) walked = after;
      }
    },
  };
};
