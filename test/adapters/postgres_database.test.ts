import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { inspectPostgresDatabase, openPostgresDatabase } from '../../src/adapters/postgres_database.ts';
import { createPostgresExecutor } from '../../src/adapters/postgres_executor.ts';
import { migratePostgres, migrationLock } from '../../src/adapters/postgres_migrations.ts';
import { postgresTables } from '../../src/adapters/postgres_tables.ts';
import { OperatorError } from '../../src/errors.ts';
import { type Cluster, careless, startCluster } from '../postgres/cluster.ts';
import { administer, type FreshDatabase, freshDatabase, hasPostgres } from '../postgres/databases.ts';

const migrations = readMigrationFiles({ migrationsFolder: 'drizzle/postgres' }).length;
/** Beside those of the repository: the journal of the migrations, and the rows to be locked. */
const tables = Object.keys(postgresTables).length + 2;
const options = { connections: 2, patienceSeconds: 5 };

/** @returns what the person at the terminal is told. */
const reasonFor = async (url: string): Promise<string> => {
  const error = await openPostgresDatabase(url, options).catch((caught: unknown) => caught);
  if (!(error instanceof OperatorError)) throw new Error(`expected an OperatorError, got ${String(error)}`);
  return error.message;
};

const asking = async (url: string, question: string): Promise<readonly unknown[]> => {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query({ text: question, rowMode: 'array' });
  await client.end();
  return rows.flat();
};

describe.runIf(hasPostgres)('opening a database of Postgres', () => {
  const databases: FreshDatabase[] = [];
  const fresh = async (template?: string, more?: string): Promise<FreshDatabase> => {
    const database = await freshDatabase(template, more);
    databases.push(database);
    return database;
  };
  afterEach(async () => {
    for (const database of databases.splice(0)) await database.remove();
  });

  test('eight nodes that start at once on an empty one migrate it once, whole', async () => {
    const { url } = await fresh('template0');
    expect((await inspectPostgresDatabase(url)).pendingMigrations).toBe(migrations);
    const pools = await Promise.all(Array.from({ length: 8 }, () => openPostgresDatabase(url, options)));
    await Promise.all(pools.map((pool) => pool.close()));
    expect(await asking(url, 'select count(*)::int from __drizzle_migrations')).toEqual([migrations]);
    expect(await asking(url, 'select name from lock_row order by name')).toEqual([
      'key_set_readers',
      'logins',
      'logout_deliveries',
      'revocations',
    ]);
    expect((await inspectPostgresDatabase(url)).pendingMigrations).toBe(0);
  });

  test('a migration of a later version is left alone by this one, which goes on beside it', async () => {
    const { url } = await fresh();
    await asking(url, "insert into __drizzle_migrations (hash, created_at) values ('later', 9999999999999)");
    await asking(url, 'alter table client add column of_a_later_version text');
    const pool = await openPostgresDatabase(url, options);
    await pool.close();
    expect((await inspectPostgresDatabase(url)).pendingMigrations).toBe(0);
  });

  test('a migration that fails leaves nothing behind', async () => {
    const { url } = await fresh('template0');
    await asking(url, 'create table refresh_token (mine text)');
    await expect(openPostgresDatabase(url, options)).rejects.toThrow();
    expect(await asking(url, "select tablename from pg_tables where schemaname = 'public'")).toEqual(['refresh_token']);
  });

  test('a migration takes its time, whatever the role is given: one that waits for another node, too', async () => {
    const { url, name } = await fresh('template0');
    await asking(url, `alter database ${name} set lock_timeout = '50ms'`);
    await asking(url, `alter database ${name} set statement_timeout = '50ms'`);
    const [first, second] = [new pg.Client(url), new pg.Client(url)];
    await Promise.all([first.connect(), second.connect()]);
    await first.query('begin');
    await first.query('select pg_advisory_xact_lock($1)', [migrationLock]);
    const waiting = migratePostgres(second);
    await wait(300);
    await first.query('commit');
    await waiting;
    await Promise.all([first.end(), second.end()]);
    expect((await inspectPostgresDatabase(url)).pendingMigrations).toBe(0);
  });

  test('a table of the same name in a schema of somebody else, or a temporary one, is not looked at', async () => {
    const { url, name } = await fresh();
    await asking(url, 'create schema other');
    await asking(url, 'create table other.client (stolen text)');
    await asking(url, `alter database ${name} set search_path = public, other`);
    const pool = await openPostgresDatabase(url, options);
    const path = await pool.run(async (session) => (await session.query('show search_path')).rows);
    await pool.close();
    expect(path).toEqual([{ search_path: 'public, pg_temp' }]);
  });

  test.each([
    ['synchronous_commit = off', /has synchronous_commit = off, with which it forgets what it has confirmed/],
    ['synchronous_commit = local', /synchronous_commit = local.*expected on or remote_apply/],
    ['default_transaction_read_only = on', /is read-only.*Name the primary/],
    ['search_path = nowhere', /has no schema that this user may use/],
  ])('one with %s is refused', async (setting, reason) => {
    const { url, name } = await fresh();
    await asking(url, `alter database ${name} set ${setting}`);
    expect(await reasonFor(url)).toMatch(reason);
  });

  test('one with another encoding is refused', async () => {
    const { url } = await fresh('template0', "encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'");
    expect(await reasonFor(url)).toMatch(/has the encoding LATIN1; expected UTF8/);
  });

  test('one that is not there is refused, with what to run', async () => {
    const { url } = await fresh();
    expect(await reasonFor(`${url}_gone`)).toMatch(/could not be opened \(3D000\). There is no such database. Make it/);
  });

  test('synchronous_commit = remote_apply is as good as on', async () => {
    const { url, name } = await fresh();
    await asking(url, `alter database ${name} set synchronous_commit = remote_apply`);
    await (await openPostgresDatabase(url, options)).close();
  });

  test('doctor hears of fsync = off and of a schema that is open to everybody', async () => {
    const { url } = await fresh();
    await asking(url, 'grant create on schema public to public');
    const { advice, label } = await inspectPostgresDatabase(url);
    expect(advice).toEqual([
      expect.stringMatching(/^fsync is off/),
      expect.stringMatching(/^full_page_writes is off/),
      expect.stringMatching(/^Every user of the database may make tables/),
    ]);
    expect(label).toMatch(/^test_\w+ on 127\.0\.0\.1:\d+ as postgres$/);
  });
});

describe.runIf(hasPostgres)('a user who may read the tables alone', () => {
  test('is told so by doctor, and by what it may not write', async () => {
    const { url, name, remove } = await freshDatabase();
    const role = `reader_of_${name}`;
    await asking(url, `create role ${role} login`);
    await asking(url, `grant select on all tables in schema public to ${role}`);
    const asReader = url.replace('postgres@', `${role}@`);
    expect((await inspectPostgresDatabase(asReader)).advice).toContainEqual(
      expect.stringMatching(/^The tables are another user's.* OWNER TO/),
    );
    const pool = await openPostgresDatabase(asReader, options);
    const text = 'insert into denied_token (jti, expires_at) values ($1, 7)';
    const written = createPostgresExecutor(pool).write([{ text, values: ['one'], lasting: true, must: false }]);
    await expect(written).rejects.toThrow(OperatorError);
    await expect(written).rejects.toThrow(/\(42501\), and nothing was changed\..* OWNER TO/);
    await pool.close();
    await remove();
    await administer(`drop role ${role}`);
  });
});

describe.runIf(hasPostgres)('a server that does not let Keyturn in', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ ...careless, max_connections: 8, superuser_reserved_connections: 3 });
    await asking(cluster.url('postgres'), "create role ada login password 'hunter2'");
    await asking(cluster.url('postgres'), 'create role guest login');
    await asking(cluster.url('postgres'), 'create database guarded');
    cluster.admit('host all ada 127.0.0.1/32 scram-sha-256');
    cluster.admit('hostssl all outsider 127.0.0.1/32 trust\nhost all outsider 127.0.0.1/32 reject');
    await asking(cluster.url('postgres'), 'select pg_reload_conf()');
  });
  afterAll(() => cluster.remove());
  const at = (user: string, database = 'guarded'): string => `postgres://${user}@127.0.0.1:${cluster.port}/${database}`;

  test.each([
    ['a wrong password', () => at('ada:hunter3'), /\(28P01\). The password is wrong/],
    ['a password that is missing', () => at('ada'), /The server wants a password/],
    ['a user that is refused by pg_hba.conf', () => at('outsider'), /\(28000\).*only with TLS/],
    ['TLS where the server has none', () => `${at('ada:hunter2')}?sslmode=require`, /It speaks no TLS/],
    ['a user without a right to make tables', () => at('guest'), /\(42501\).*ALTER SCHEMA public OWNER/],
    [
      'a port where nothing listens',
      () => 'postgres://ada:hunter3@127.0.0.1:1/guarded',
      /\(ECONNREFUSED\). Nothing listens/,
    ],
    [
      'a host without an address',
      () => 'postgres://ada:hunter3@nowhere.invalid/guarded',
      /\((?:ENOTFOUND|EAI_AGAIN)\)/,
    ],
    [
      'a socket that is not there',
      () => 'postgres://ada:hunter3@/guarded?host=/nowhere',
      /\(ENOENT\). There is no such socket/,
    ],
  ])('is told apart: %s', async (_, url, reason) => {
    const told = await reasonFor(url());
    expect(told).toMatch(reason);
    expect(told).not.toMatch(/hunter/);
  });

  test('with the right password and its own schema it opens', async () => {
    await asking(cluster.url('guarded'), 'create schema authorization ada');
    await (await openPostgresDatabase(at('ada:hunter2'), options)).close();
    expect(
      await asking(cluster.url('guarded'), "select count(*)::int from pg_tables where schemaname = 'ada'"),
    ).toEqual([tables]);
  });

  test('is told apart: no connection left', async () => {
    const guests = Array.from({ length: 5 }, () => new pg.Client(at('guest')));
    await Promise.all(guests.map((guest) => guest.connect()));
    expect(await reasonFor(at('guest'))).toMatch(/\(53300\).*KEYTURN_DATABASE_CONNECTIONS/);
    await Promise.all(guests.map((guest) => guest.end()));
  });
});

describe('what listens there and is no Postgres', () => {
  const listening = async (answer: string | undefined): Promise<Server> => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      if (answer !== undefined) socket.end(answer);
    });
    await new Promise<void>((listens) => server.listen(0, '127.0.0.1', listens));
    return server;
  };
  test.each([
    ['answers something else', 'HTTP/1.1 400 Bad Request\r\n\r\n', /could not be opened/],
    ['ends the connection', '', /Is it Postgres\?/],
    ['says nothing', undefined, /The host does not answer/],
  ])('%s: refused in words', async (_, answer, reason) => {
    const server = await listening(answer);
    const { port } = server.address() as AddressInfo;
    expect(await reasonFor(`postgres://ada:hunter2@127.0.0.1:${port}/guarded`)).toMatch(reason);
    server.close();
  });
});
