// ResourceStore on better-sqlite3.
import { asc, eq, sql } from 'drizzle-orm';
import type { ResourceStore } from '../seams/resource_store.ts';
import type { SqliteConnection } from './better_sqlite3_connection.ts';
import type { SqliteDatabase } from './better_sqlite3_database.ts';
import { resource } from './sqlite_schema.ts';

const prepareStatements = (database: SqliteDatabase) => ({
  findResource: database
    .select()
    .from(resource)
    .where(eq(resource.resource, sql.placeholder('identifier')))
    .prepare(),
});

export const createBetterSqlite3Resources = ({ database, rowCaches, read, write }: SqliteConnection): ResourceStore => {
  const { findResource } = prepareStatements(database);
  const resources = rowCaches.of((identifier) => findResource.get({ identifier }));
  return {
    findResource: (identifier) => read(() => resources.find(identifier)),
    listResources: () => read(() => database.select().from(resource).orderBy(asc(resource.resource)).all()),
    addResource: (added) =>
      write(() => {
        resources.forget();
        return database.insert(resource).values(added).onConflictDoNothing().run().changes === 1;
      }),
    removeResource: (identifier) =>
      write(() => {
        resources.forget();
        return database.delete(resource).where(eq(resource.resource, identifier)).run().changes === 1;
      }),
  };
};
