// F7: the way to Postgres is silent, cut, reset, refused or slow, as the pool meets it.
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPostgresDatabase } from '../../src/adapters/postgres_database.ts';
import { createPostgresExecutor, type PostgresExecutor } from '../../src/adapters/postgres_executor.ts';
import { createPostgresPool, type PostgresPool } from '../../src/adapters/postgres_pool.ts';
import { readPostgresUrl } from '../../src/adapters/postgres_url.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { type FaultProxy, startFaultProxy } from '../faults/fault_proxy.ts';
import { administer, type FreshDatabase, freshDatabase, hasPostgres } from '../postgres/databases.ts';

const patienceSeconds = 0.9;
/** Far more than patience: machines that run tests are busy with others. It would hang without patience. */
const bound = 4000;
const atOnce = 24;

const select = { text: 'select 1', values: [], lasting: true, must: false };
const insert = (jti: string) => ({
  text: 'insert into denied_token (jti, expires_at) values ($1, 0)',
  values: [jti],
  lasting: true,
  must: true,
});

/** Of the connections that were given up, the proxy still holds the stranded ones: nobody told it. */
const breaks: readonly (readonly [string, (proxy: FaultProxy) => unknown, stranded: number])[] = [
  ['silent', (proxy) => proxy.silence(), 0],
  ['silent for the connections there are', (proxy) => proxy.strand(), 4],
  ['cut', (proxy) => proxy.cut(), 0],
  ['reset', (proxy) => proxy.reset(), 0],
  ['refused', (proxy) => proxy.refuse(), 0],
  ['slow', (proxy) => proxy.slow(3000), 0],
];

describe.runIf(hasPostgres)('F7: when the way to Postgres is', () => {
  let database: FreshDatabase;
  let proxy: FaultProxy;
  let pool: PostgresPool;
  let executor: PostgresExecutor;
  beforeEach(async () => {
    database = await freshDatabase();
    const url = new URL(database.url);
    proxy = await startFaultProxy(Number(url.port));
    url.port = `${proxy.port}`;
    pool = await openPostgresDatabase(url.href, { connections: 4, patienceSeconds });
    executor = createPostgresExecutor(pool);
    await Promise.all(Array.from({ length: 4 }, () => executor.read(select)));
  });
  afterEach(async () => {
    proxy.heal();
    await pool.close();
    await proxy.close();
    await database.remove();
  });

  test.each(breaks)(
    '%s, whoever asks is answered soon, by an error if need be, and all is well after',
    async (_, breakIt, stranded) => {
      await breakIt(proxy);
      const asked = performance.now();
      const answers = await Promise.allSettled(
        Array.from({ length: atOnce }, (__, turn) =>
          turn % 2 === 0 ? executor.read(select) : executor.write([select, insert(`during-${turn}`)]),
        ),
      );
      expect(performance.now() - asked).toBeLessThan(bound);
      for (const answer of answers)
        if (answer.status === 'rejected') expect(answer.reason).toBeInstanceOf(StoreUnavailableError);
      proxy.heal();
      await expect
        .poll(
          () =>
            executor.write([select, insert(`after-${performance.now()}`)]).then(
              () => true,
              () => false,
            ),
          {
            timeout: bound,
          },
        )
        .toBe(true);
      const after = await Promise.allSettled(Array.from({ length: atOnce }, () => executor.read(select)));
      expect(after.map(({ status }) => status)).not.toContain('rejected');
      await expect.poll(() => proxy.links(), { timeout: 2 * bound }).toBeLessThanOrEqual(4 + stranded);
    },
  );

  test('a standby that takes over, or a primary that becomes one, is not written to: the session is asked anew', async () => {
    await administer(`alter database ${database.name} set default_transaction_read_only = on`);
    await administer(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database.name}' and backend_type = 'client backend'`,
    );
    await wait(50);
    const refused = executor.write([insert('on-a-standby')]);
    await expect(refused).rejects.toThrow(StoreUnavailableError);
    await expect(refused).rejects.toThrow(/read-only/);
    await administer(`alter database ${database.name} reset default_transaction_read_only`);
    await expect
      .poll(() =>
        executor.write([insert('on-the-primary')]).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });
});

/** A way on which one connection begins after the other, as on a machine that is busy. */
const startNarrowWay = async (targetPort: number, eachMilliseconds: number) => {
  let lastBegins = 0;
  const way = createServer((near) => {
    lastBegins = Math.max(performance.now(), lastBegins) + eachMilliseconds;
    near.on('error', () => undefined);
    setTimeout(() => {
      const far = createConnection({ host: '127.0.0.1', port: targetPort });
      far.on('error', () => undefined);
      near.pipe(far).pipe(near);
    }, lastBegins - performance.now());
  });
  way.listen(0, '127.0.0.1');
  await once(way, 'listening');
  return { port: (way.address() as AddressInfo).port, close: () => way.close() };
};

test.runIf(hasPostgres)(
  'a crowd that meets a pool without sessions is served by the first that are opened',
  async () => {
    const database = await freshDatabase();
    const url = new URL(database.url);
    const way = await startNarrowWay(Number(url.port), 150);
    url.port = `${way.port}`;
    const pool = createPostgresPool(readPostgresUrl(url.href), { connections: 10, patienceSeconds: 2 });
    const { read } = createPostgresExecutor(pool);
    const answers = await Promise.allSettled(Array.from({ length: 50 }, () => read(select)));
    expect(answers.filter(({ status }) => status === 'rejected')).toEqual([]);
    await pool.close();
    way.close();
    await database.remove();
  },
);
