// AuditStore in SQL. Append-only: nothing here changes or deletes an event.
import { and, desc, eq, getTableColumns, gte } from 'drizzle-orm';
import type { AuditFilter, AuditStore } from '../seams/audit_store.ts';
import type { SqlConnection } from './sql_connection.ts';
import { once, placeholders, prepare } from './sql_statement.ts';
import type { SqlTables } from './sql_tables.ts';

const matches = ({ auditEvent }: SqlTables, { type, sub, clientId, since }: AuditFilter) =>
  and(
    type === undefined ? undefined : eq(auditEvent.type, type),
    sub === undefined ? undefined : eq(auditEvent.sub, sub),
    clientId === undefined ? undefined : eq(auditEvent.clientId, clientId),
    since === undefined ? undefined : gte(auditEvent.at, since),
  );

export const createSqlAudit = ({ database, tables, read, write }: SqlConnection): AuditStore => {
  const { auditEvent } = tables;
  const { id, ...written } = getTableColumns(auditEvent);
  const append = prepare(database.insert(auditEvent).values(placeholders(written)));
  return {
    appendAudit: async (event) => {
      await write(append.with(event));
    },
    listAudit: (filter) =>
      read(
        once(database.select().from(auditEvent).where(matches(tables, filter)).orderBy(desc(id)).limit(filter.limit)),
      ),
  };
};
