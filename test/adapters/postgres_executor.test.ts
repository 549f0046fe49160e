import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPostgresDatabase } from '../../src/adapters/postgres_database.ts';
import {
  createPostgresExecutor,
  type PostgresExecutor,
  type PostgresQuery,
} from '../../src/adapters/postgres_executor.ts';
import type { PostgresPool } from '../../src/adapters/postgres_pool.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { administer, type FreshDatabase, freshDatabase, hasPostgres } from '../postgres/databases.ts';

const query = (text: string, values: readonly unknown[] = [], must = false): PostgresQuery => ({
  text,
  values,
  lasting: true,
  must,
});

const add = 'insert into denied_token (jti, expires_at) values ($1, $2)';
const raise = 'update denied_token set expires_at = expires_at + 1 where jti = $1 returning expires_at';
const find = 'select jti, expires_at from denied_token where jti = $1';

describe.runIf(hasPostgres)('statements on Postgres', () => {
  let database: FreshDatabase;
  let pools: PostgresPool[];
  let executor: PostgresExecutor;
  const open = async (connections = 8, patienceSeconds = 20): Promise<PostgresExecutor> => {
    const pool = await openPostgresDatabase(database.url, { connections, patienceSeconds });
    pools.push(pool);
    return createPostgresExecutor(pool);
  };
  beforeEach(async () => {
    database = await freshDatabase();
    pools = [];
    executor = await open();
  });
  afterEach(async () => {
    await Promise.all(pools.map((pool) => pool.close()));
    await database.remove();
  });
  const rows = async (jti: string) => (await executor.read(query(find, [jti]))).rows;

  test('a write of one statement and of many is there when it is told', async () => {
    expect(await executor.write([query(add, ['one', 7])])).toEqual([{ changes: 1, rows: [] }]);
    expect(await executor.write([query(add, ['two', 7]), query(raise, ['two'])])).toEqual([
      { changes: 1, rows: [] },
      { changes: 1, rows: [[8]] },
    ]);
    expect(await executor.write([query(add, ['three', 7]), query(raise, ['three'])], false)).toHaveLength(2);
    expect(await rows('one')).toEqual([['one', 7]]);
    expect(await rows('two')).toEqual([['two', 8]]);
    expect(await rows('three')).toEqual([['three', 8]]);
  });

  test('whole numbers come as numbers, sums included', async () => {
    await executor.write([query(add, ['one', 2 ** 40])]);
    const { rows: sums } = await executor.read(
      query('select sum(expires_at), count(*), max(expires_at) from denied_token'),
    );
    expect(sums).toEqual([[2 ** 40, 1, 2 ** 40]]);
  });

  test('where a statement must change a row and does not, nothing of the write stands', async () => {
    const unmet = [query(add, ['one', 7]), query(raise, ['nobody'], true), query(add, ['two', 7])];
    expect(await executor.write(unmet)).toBeUndefined();
    expect(await rows('one')).toEqual([]);
    expect(await executor.write([query(raise, ['nobody'], true)])).toBeUndefined();
    expect(await executor.write([query(find, ['nobody'], true), query(add, ['one', 7])])).toBeUndefined();
    expect(await rows('one')).toEqual([]);
    await executor.write([query(add, ['one', 7])]);
    expect(await executor.write([query(find, ['one'], true), query(raise, ['one'], true)])).toHaveLength(2);
    expect(await rows('one')).toEqual([['one', 8]]);
  });

  test('what must change a row and does not counts before what fails after it; what fails before it fails the write', async () => {
    await executor.write([query(add, ['taken', 7])]);
    const fails = query(add, ['taken', 7]);
    expect(await executor.write([query(raise, ['nobody'], true), fails])).toBeUndefined();
    await expect(executor.write([fails, query(raise, ['nobody'], true)])).rejects.toThrow(/23505 denied_token_pkey/);
  });

  test.each([true, false])('a statement that fails undoes the whole write, synced: %s', async (synced) => {
    const failing = executor.write([query(add, ['one', 7]), query(add, ['one', 7]), query(add, ['two', 7])], synced);
    await expect(failing).rejects.toThrow('Postgres refused a statement (23505 denied_token_pkey)');
    expect(await rows('one')).toEqual([]);
    expect(await rows('two')).toEqual([]);
    await executor.write([query(add, ['one', 7])]);
  });

  test('no error repeats what was in the row', async () => {
    const secret = 'a-ciphertext-that-is-nobodys-business';
    const broken = query('insert into denied_token (jti, expires_at) values ($1, null)', [secret]);
    const error = await executor.write([broken]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(StoreUnavailableError);
    expect(JSON.stringify([String(error), Object.entries(error as Error), (error as Error).cause])).not.toContain(
      secret,
    );
  });

  test('U+0000, which Postgres has no text with, is kept as U+FFFD', async () => {
    await executor.write([query(add, ['a\0b', 7])]);
    expect(await rows('a\0b')).toEqual([['a\uFFFDb', 7]]);
  });

  test('statements read together see one moment, whatever is committed in between', async () => {
    const other = await open();
    await executor.write([query(add, ['counter', 0])]);
    let goesOn = true;
    const writing = (async () => {
      while (goesOn) await other.write([query(raise, ['counter'])]);
    })();
    for (let turn = 0; turn < 50; turn += 1) {
      const seen = await executor.readTogether([query(find, ['counter']), query(find, ['counter'])]);
      expect(seen[1]).toEqual(seen[0]);
    }
    goesOn = false;
    await writing;
    expect((await rows('counter'))[0]?.[1]).toBeGreaterThan(0);
  });

  test('of 60 writes at once over two pools, none is lost, none is done twice', async () => {
    const other = await open();
    await executor.write([query(add, ['counter', 0])]);
    await Promise.all(
      Array.from({ length: 60 }, (_, turn) =>
        (turn % 2 === 0 ? executor : other).write([query(find, ['counter'], true), query(raise, ['counter'], true)]),
      ),
    );
    expect(await rows('counter')).toEqual([['counter', 60]]);
  });

  test('writes that lock one another out are repeated until each is done', async () => {
    const other = await open();
    await executor.write([query(add, ['left', 0]), query(add, ['right', 0])]);
    const [left, right, linger] = [query(raise, ['left']), query(raise, ['right']), query('select pg_sleep(0.3)')];
    await Promise.all([executor.write([left, linger, right]), other.write([right, linger, left])]);
    expect([await rows('left'), await rows('right')]).toEqual([[['left', 2]], [['right', 2]]]);
  });

  test('a write that the database could not put in order with others is repeated, and done once', async () => {
    await executor.write([query('create sequence tries')]);
    const refuse = `do $$ begin if nextval('tries') < 4 then raise sqlstate '40001'; end if; end $$`;
    expect(await executor.write([query(add, ['one', 7]), query(refuse)])).toHaveLength(2);
    expect(await rows('one')).toEqual([['one', 7]]);
    await executor.write([query('alter sequence tries restart')]);
    expect(await executor.write([query(raise, ['one'], true), query(refuse)])).toHaveLength(2);
    expect(await rows('one')).toEqual([['one', 8]]);
  });

  test('a session that was ended while it was idle is not noticed', async () => {
    await executor.write([query(add, ['one', 7])]);
    const cut = async () => {
      await administer(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database.name}' and backend_type = 'client backend'`,
      );
    };
    for (let turn = 0; turn < 5; turn += 1) {
      await cut();
      expect(await rows('one')).toEqual([['one', 7]]);
      await cut();
      expect(await executor.write([query(raise, ['one'], true), query(add, [`after-${turn}`, 7])])).toHaveLength(2);
      await executor.write([query('update denied_token set expires_at = 7 where jti = $1', ['one'])]);
    }
  });

  test('one that waits for a lock too long is told that the store is unavailable, and the session goes on', async () => {
    const impatient = await open(1, 0.5);
    await executor.write([query(add, ['one', 7])]);
    const holding = executor.write([query(raise, ['one']), query('select pg_sleep(1.5)')]);
    await expect(
      (async () => {
        // Until the other has the lock, this goes through.
        for (;;) await impatient.write([query(raise, ['one'])]);
      })(),
    ).rejects.toBeInstanceOf(StoreUnavailableError);
    await holding;
    expect(await impatient.read(query('select 1'))).toEqual({ changes: 1, rows: [[1]] });
  });

  test('a session whose prepared statements are gone, as behind a pooler, prepares them anew', async () => {
    const single = await open(1);
    await single.read(query(find, ['one']));
    await single.read({ text: 'deallocate all', values: [], lasting: false, must: false });
    expect(await single.read(query(find, ['one']))).toEqual({ changes: 0, rows: [] });
  });

  test('a column that was added to a table does not disturb statements prepared before', async () => {
    const single = await open(1);
    await single.read(query('select * from denied_token'));
    await administer('select 1');
    await executor.write([query('alter table denied_token add column extra text')]);
    expect(await single.read(query('select * from denied_token'))).toEqual({ changes: 0, rows: [] });
  });

  test('what may be repeated is not begun again once its patience has ended, and costs nobody a session', async () => {
    const patienceMilliseconds = 300;
    await open(1, patienceMilliseconds / 1000);
    const pool = pools.at(-1) as PostgresPool;
    const sessionOf = () => pool.run(async (session) => (await session.query('select pg_backend_pid() as pid')).rows);
    const before = await sessionOf();
    let begun = 0;
    // How long it pauses before it repeats is left to chance.
    for (let round = 0; round < 8; round += 1) {
      const endsAt = performance.now() + patienceMilliseconds;
      const refused = pool.run(async () => {
        begun = performance.now();
        while (performance.now() < endsAt - 1);
        throw Object.assign(new Error('out of order'), { code: '40001' });
      });
      const endedAtLatest = performance.now() + patienceMilliseconds;
      await expect(refused).rejects.toThrow('Postgres could not be asked (40001)');
      expect(begun).toBeLessThan(endedAtLatest + 1);
    }
    expect(await sessionOf()).toEqual(before);
  });

  test('a node that stops in the middle of a write does not keep its locks', async () => {
    await executor.write([query(add, ['one', 7])]);
    const [pool] = pools;
    const stopped = pool?.run(async (session, commits) => {
      commits();
      await session.query('begin');
      await session.query("update denied_token set expires_at = 9 where jti = 'one'");
      await new Promise((resolve) => setTimeout(resolve, 3000));
      await session.query('commit');
    });
    await Promise.all([
      expect(stopped).rejects.toBeInstanceOf(StoreUnavailableError),
      new Promise((resolve) => setTimeout(resolve, 200)).then(() => executor.write([query(raise, ['one'], true)])),
    ]);
    expect(await rows('one')).toEqual([['one', 8]]);
  });
});
