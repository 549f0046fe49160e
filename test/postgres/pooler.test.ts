// PgBouncer between Keyturn and Postgres: what goes through it, and what is refused in words that say what to set.
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openPostgresDatabase } from '../../src/adapters/postgres_database.ts';
import { createPostgresExecutor, type PostgresQuery } from '../../src/adapters/postgres_executor.ts';
import { holdPostgres } from '../../src/adapters/postgres_held.ts';
import { OperatorError } from '../../src/errors.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { administer, type FreshDatabase, freshDatabase, hasPostgres } from './databases.ts';
import { hasPgbouncer, type Pgbouncer, startPgbouncer } from './pgbouncer.ts';

const timeouts = { statement_timeout: '810ms', lock_timeout: '675ms', idle_in_transaction_session_timeout: '2s' };
const letThrough = { ignore_startup_parameters: Object.keys(timeouts).join(',') };
const options = { connections: 4, patienceSeconds: 20 };

const query = (text: string, values: readonly unknown[], must = false): PostgresQuery => ({
  text,
  values,
  lasting: true,
  must,
});
const add = (jti: string) => query('insert into denied_token (jti, expires_at) values ($1, 0)', [jti]);
const find = (jti: string) => query('select expires_at from denied_token where jti = $1', [jti], true);
const raise = (jti: string) => query('update denied_token set expires_at = expires_at + 1 where jti = $1', [jti], true);

describe.runIf(hasPostgres && hasPgbouncer)('behind PgBouncer', () => {
  let database: FreshDatabase;
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(() => database.remove());
  const limit = async (): Promise<void> => {
    for (const [name, value] of Object.entries(timeouts))
      await administer(`alter database ${database.name} set ${name} = '${value}'`);
  };
  const start = async (settings: Readonly<Record<string, string | number>>): Promise<Pgbouncer> => {
    const pooler = await startPgbouncer(database.url, settings);
    onTestFinished(() => pooler.remove());
    return pooler;
  };
  const open = async (url: string, patienceSeconds = options.patienceSeconds) => {
    const pool = await openPostgresDatabase(url, { ...options, patienceSeconds });
    onTestFinished(() => pool.close());
    return createPostgresExecutor(pool);
  };
  const reasonFor = async (opening: Promise<unknown>): Promise<string> => {
    const error = await opening.catch((caught: unknown) => caught);
    if (!(error instanceof OperatorError)) throw new Error(`expected an OperatorError, got ${String(error)}`);
    return error.message;
  };

  test.each([
    ['session', {}],
    ['transaction', {}],
    ['transaction', { default_pool_size: 2 }],
    ['transaction', { server_reset_query_always: 1 }],
  ] as const)('in %s mode with %j nothing fails, and nothing is done twice or by halves', async (pool_mode, more) => {
    await limit();
    const { url } = await start({ pool_mode, ...letThrough, ...more });
    const nodes = [await open(url), await open(url)];
    const [first] = nodes;
    await first?.write([add('counter')]);
    await Promise.all(
      Array.from({ length: 40 }, (_, turn) =>
        nodes[turn % 2]?.write(turn % 4 < 2 ? [raise('counter')] : [find('counter'), raise('counter'), add(`${turn}`)]),
      ),
    );
    const [counted, unmet] = await Promise.all([first?.read(find('counter')), first?.write([raise('nobody')])]);
    expect(counted?.rows).toEqual([[40]]);
    expect(unmet).toBeUndefined();
  });

  test('in transaction mode each of its sessions looks for names where Keyturn does', async () => {
    await limit();
    await administer(`alter database ${database.name} set search_path = public, pg_temp`);
    const { url } = await start({ pool_mode: 'transaction', ...letThrough });
    const node = await open(url);
    const path = query("select pg_backend_pid(), current_setting('search_path'), pg_sleep(0.1)", []);
    const seen = await Promise.all(Array.from({ length: 4 }, () => node.read(path)));
    const sessions = new Map(seen.map(({ rows: [row] }) => [row?.[0], row?.[1]]));
    expect(sessions.size).toBeGreaterThan(1);
    expect(new Set(sessions.values())).toEqual(new Set(['public, pg_temp']));
  });

  test('restarted, told to reconnect, or paused: whoever asks is answered soon, and all is well after', async () => {
    await limit();
    const pooler = await start({ pool_mode: 'transaction', ...letThrough });
    const node = await open(pooler.url, 0.9);
    await node.write([add('counter')]);
    await pooler.command('RECONNECT');
    await node.write([find('counter'), raise('counter')]);
    await pooler.command('PAUSE');
    await expect(node.read(find('counter'))).rejects.toBeInstanceOf(StoreUnavailableError);
    await pooler.command('RESUME');
    await node.write([find('counter'), raise('counter')]);
    await pooler.restart();
    await node.write([find('counter'), raise('counter')]);
    expect((await node.read(find('counter'))).rows).toEqual([[3]]);
  });

  test.each([
    ['that lets no timeouts through', {}, /\(08P01\).*ignore_startup_parameters = statement_timeout,lock_timeout/],
    [
      'that ignores timeouts which the role has not',
      letThrough,
      /no statement_timeout, lock_timeout.*ALTER ROLE USER SET/,
    ],
    ['that does not know the password', { auth_type: 'scram-sha-256', ...letThrough }, /The password is wrong/],
  ])('one %s is refused, with what to set', async (_, settings, reason) => {
    const { url } = await start({ pool_mode: 'session', ...settings });
    const told = await reasonFor(openPostgresDatabase(url.replace('postgres@', 'postgres:hunter2@'), options));
    expect(told).toMatch(reason);
    expect(told).not.toContain('hunter2');
  });

  test('one that gives each statement another session is refused, with what to set', async () => {
    await limit();
    const { url } = await start({ pool_mode: 'statement', ...letThrough });
    expect(await reasonFor(openPostgresDatabase(url, options))).toMatch(/pool_mode to transaction or session/);
  });

  test('one that has no session to give is refused in words', async () => {
    await limit();
    const { url } = await start({ pool_mode: 'session', default_pool_size: 1, ...letThrough });
    const holder = await openPostgresDatabase(url, options);
    onTestFinished(() => holder.close());
    await holder.run((session) => session.query('select 1'));
    expect(await reasonFor(openPostgresDatabase(url, options))).toMatch(/default_pool_size/);
  });

  test('who must be alone in a database is refused: a node may be in the very same session', async () => {
    await limit();
    const { url } = await start({ pool_mode: 'transaction', default_pool_size: 1, ...letThrough });
    await (await open(url)).write([add('in use')]);
    expect(await reasonFor(holdPostgres(url))).toMatch(/pooler.*Name the server itself/);
  });
});
