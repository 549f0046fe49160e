// ResourceStore in SQL.
import { asc, eq, getTableColumns, sql } from 'drizzle-orm';
import type { ResourceStore } from '../seams/resource_store.ts';
import type { Recording } from './sql_audit.ts';
import type { SqlConnection } from './sql_connection.ts';
import { placeholders, prepare } from './sql_statement.ts';

export const createSqlResources = (
  { database, tables, lookup, read, write }: SqlConnection,
  recording: Recording,
): ResourceStore => {
  const { resource } = tables;
  const named = eq(resource.resource, sql.placeholder('resource'));
  const list = prepare(database.select().from(resource).orderBy(asc(resource.resource)));
  const add = prepare(
    database
      .insert(resource)
      .values(placeholders(getTableColumns(resource)))
      .onConflictDoNothing(),
  );
  const remove = prepare(database.delete(resource).where(named));
  const resources = lookup(prepare(database.select().from(resource).where(named)), 'resource');
  return {
    findResource: (identifier) => resources.find(identifier),
    listResources: () => read(list.with()),
    addResource: async (added, event = null) => {
      const done = await write(add.must(added), ...recording(event));
      resources.forget();
      return done !== undefined;
    },
    removeResource: async (identifier, event = null) => {
      const done = await write(remove.must({ resource: identifier }), ...recording(event));
      resources.forget();
      return done !== undefined;
    },
  };
};
