// AuditStore in SQL. Append-only: nothing here changes an event, and only age deletes one.
import { and, desc, eq, getTableColumns, gte, inArray, lt } from 'drizzle-orm';
import type { AuditEvent, AuditFilter, AuditStore } from '../seams/audit_store.ts';
import type { SqlConnection } from './sql_connection.ts';
import { once, placeholders, prepare, type Step } from './sql_statement.ts';
import type { SqlTables } from './sql_tables.ts';

const matches = ({ auditEvent }: SqlTables, { type, sub, clientId, since }: AuditFilter) =>
  and(
    type === undefined ? undefined : eq(auditEvent.type, type),
    sub === undefined ? undefined : eq(auditEvent.sub, sub),
    clientId === undefined ? undefined : eq(auditEvent.clientId, clientId),
    since === undefined ? undefined : gte(auditEvent.at, since),
  );

/** Of each write that deletes: requests go on in between. */
const rowsPerStep = 1000;

/** The last steps of a write that is recorded. */
export type Recording = (event: AuditEvent | null) => readonly Step[];

export const createRecording = ({ database, tables: { auditEvent } }: SqlConnection): Recording => {
  const { id: _, ...written } = getTableColumns(auditEvent);
  const append = prepare(database.insert(auditEvent).values(placeholders(written)));
  return (event) => (event === null ? [] : [append.with(event)]);
};

export const createSqlAudit = ({ database, tables, read, write }: SqlConnection, recording: Recording): AuditStore => {
  const { auditEvent } = tables;
  const { id } = getTableColumns(auditEvent);
  return {
    appendAudit: async (event) => {
      await write(...recording(event));
    },
    listAudit: (filter) =>
      read(
        once(database.select().from(auditEvent).where(matches(tables, filter)).orderBy(desc(id)).limit(filter.limit)),
      ),
    removeAudit: async (types, before) => {
      const old = and(inArray(auditEvent.type, [...types]), lt(auditEvent.at, before));
      const some = database.select({ id }).from(auditEvent).where(old).limit(rowsPerStep);
      let changes = rowsPerStep;
      while (changes === rowsPerStep) {
        const [deleted] = (await write(once(database.delete(auditEvent).where(inArray(id, some))))) ?? [];
        changes = deleted?.changes ?? 0;
      }
    },
  };
};
