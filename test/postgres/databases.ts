// Databases of the Postgres that the whole run shares: each test has one to itself, with all tables in it.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { atFileEnd } from '../file_end.ts';

const starter = inject('postgresStarter');

/** For `describe.runIf`; the run has said loudly why not. */
export const hasPostgres = starter !== undefined;

let admin: Promise<pg.Client> | undefined;
let serverUrl = '';

const connect = async (): Promise<pg.Client> => {
  const answer = await fetch(starter ?? '');
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  serverUrl = `postgres://postgres@127.0.0.1:${text}`;
  const client = new pg.Client(`${serverUrl}/postgres`);
  await client.connect();
  atFileEnd(async () => {
    admin = undefined;
    await client.end();
  });
  return client;
};

/** As the superuser, in the database `postgres`. */
export const administer = async (statement: string): Promise<pg.QueryResult> => {
  admin ??= connect();
  return (await admin).query(statement);
};

export interface FreshDatabase {
  readonly url: string;
  readonly name: string;
  remove(): Promise<void>;
}

/** @param template - `template0` has no tables. */
export const freshDatabase = async (template = 'keyturn_template', options = ''): Promise<FreshDatabase> => {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administer(`create database ${name} template ${template} ${options}`);
  return {
    name,
    url: `${serverUrl}/${name}`,
    remove: async () => {
      await administer(`drop database if exists ${name} with (force)`);
    },
  };
};
