// AuditStore on better-sqlite3. Append-only: nothing here changes or deletes an event.
import { and, desc, eq, getTableColumns, gte } from 'drizzle-orm';
import type { AuditFilter, AuditStore } from '../seams/audit_store.ts';
import { placeholders, type SqliteConnection } from './better_sqlite3_connection.ts';
import { auditEvent } from './sqlite_schema.ts';

const matches = ({ type, sub, clientId, since }: AuditFilter) =>
  and(
    type === undefined ? undefined : eq(auditEvent.type, type),
    sub === undefined ? undefined : eq(auditEvent.sub, sub),
    clientId === undefined ? undefined : eq(auditEvent.clientId, clientId),
    since === undefined ? undefined : gte(auditEvent.at, since),
  );

export const createBetterSqlite3Audit = ({ database, read, write }: SqliteConnection): AuditStore => {
  const { id, ...written } = getTableColumns(auditEvent);
  const append = database.insert(auditEvent).values(placeholders(written)).prepare();
  return {
    appendAudit: (event) =>
      write(() => {
        append.run({ ...event });
      }),
    listAudit: (filter) =>
      read(() => database.select().from(auditEvent).where(matches(filter)).orderBy(desc(id)).limit(filter.limit).all()),
  };
};
