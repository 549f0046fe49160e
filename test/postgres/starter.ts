// Runs beside the tests: starts one Postgres for all of them when the first asks, and stops it at the end.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openPostgresDatabase } from '../../src/adapters/postgres_database.ts';
import { memoryFolderInUse } from '../memory_folder.ts';
import { type Cluster, careless, postgresBinaries, startCluster } from './cluster.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where to ask for the Postgres of this run; undefined where the machine has none. */
    postgresStarter: string | undefined;
  }
}

const templateName = 'keyturn_template';

/** Databases are copied from one that has all the tables. */
const start = async (): Promise<Cluster> => {
  const cluster = await startCluster(careless, memoryFolderInUse());
  const admin = new pg.Client(cluster.url('postgres'));
  await admin.connect();
  await admin.query(`create database ${templateName}`);
  await admin.end();
  const pool = await openPostgresDatabase(cluster.url(templateName), { connections: 1, patienceSeconds: 30 });
  await pool.close();
  return cluster;
};

const missing = [
  '',
  'NOT TESTED: the store on Postgres. This machine has no Postgres. On Debian: apt-get install postgresql',
  '',
].join('\n');

export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  if (postgresBinaries() === undefined) {
    process.stderr.write(`${missing}\n`);
    project.provide('postgresStarter', undefined);
    return async () => undefined;
  }
  let cluster: Promise<Cluster> | undefined;
  const server = createServer((_, response) => {
    cluster ??= start();
    cluster.then(
      ({ port }) => response.end(`${port}`),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  project.provide('postgresStarter', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    await new Promise((closed) => server.close(closed));
    await (await cluster?.catch(() => undefined))?.remove();
  };
};
