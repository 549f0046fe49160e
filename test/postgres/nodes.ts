// Nodes of one issuer on one Postgres, as processes, and what stands in their tables.
import pg from 'pg';
import { openPostgres } from '../../src/adapters/postgres_store.ts';
import type { Environment } from '../../src/config.ts';
import { machineClock, openPeopleIn } from '../faults/people_node.ts';
import { issuer, type People } from '../people.ts';
import { makeFolder, type RunningServer, startServer } from '../running_server.ts';
import { type FreshDatabase, freshDatabase } from './databases.ts';

/** Whole numbers as numbers: here all of them fit. */
export const numbers: pg.CustomTypesConfig = {
  // The driver's own signature has an overload for each kind of value.
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

export interface PostgresNodes {
  readonly folder: string;
  readonly database: FreshDatabase;
  readonly people: People;
  readonly servers: readonly RunningServer[];
  rows(query: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

/** @param environmentsFor - of each node, beside what they share. */
export const startNodes = async (
  environmentsFor: (database: FreshDatabase) => readonly Environment[],
): Promise<PostgresNodes> => {
  const [folder, database] = [makeFolder(), await freshDatabase()];
  const shared = { KEYTURN_ISSUER: issuer, KEYTURN_DATABASE_URL: database.url };
  const opened = await openPostgres(database.url, machineClock, { connections: 4, patienceSeconds: 20 });
  const people = await openPeopleIn(folder, { opened });
  const servers = await Promise.all(environmentsFor(database).map((own) => startServer(folder, { ...shared, ...own })));
  const reader = new pg.Client({ connectionString: database.url, types: numbers });
  await reader.connect();
  return {
    folder,
    database,
    people,
    servers,
    rows: async (query, values = []) => (await reader.query(query, [...values])).rows,
    close: async () => {
      await Promise.all(servers.map((server) => server.stop()));
      await reader.end();
      await people.store.close();
      await database.remove();
    },
  };
};
