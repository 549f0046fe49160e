// The contracts of the stores against a real Postgres, with two pools as two nodes have them.
import { setTimeout as wait } from 'node:timers/promises';
import { getTableName } from 'drizzle-orm';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectPostgres } from '../../src/adapters/postgres_connection.ts';
import { openPostgresDatabase } from '../../src/adapters/postgres_database.ts';
import type { PostgresPool } from '../../src/adapters/postgres_pool.ts';
import { openPostgres } from '../../src/adapters/postgres_store.ts';
import { postgresTables } from '../../src/adapters/postgres_tables.ts';
import { composeSqlStore } from '../../src/adapters/sql_store.ts';
import type { Clock } from '../../src/seams/clock.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { describeEveryStore } from '../contracts/every_store.ts';
import type { OpenedStores } from '../contracts/opened_stores.ts';
import {
  addStanding,
  makeCode,
  makeFamily,
  makeRefreshToken,
  makeUser,
  now,
  startFamily,
} from '../contracts/records.ts';
import { createManualClock } from '../manual_clock.ts';
import { type FreshDatabase, freshDatabase, hasPostgres } from '../postgres/databases.ts';

/** Far more than a verb takes: machines that run tests are busy with others. */
const options = { connections: 6, patienceSeconds: 20 };

/** Databases take long to make; one without a row is as good as a new one. */
let database: FreshDatabase;
let pools: readonly PostgresPool[];
const startDatabase = async (): Promise<void> => {
  database = await freshDatabase();
  pools = await Promise.all([openPostgresDatabase(database.url, options), openPostgresDatabase(database.url, options)]);
};
const endDatabase = async (): Promise<void> => {
  await Promise.all(pools.map((pool) => pool.close()));
  await database.remove();
};

const tableNames = Object.values(postgresTables).map((table) => getTableName(table));
const emptyAll = tableNames.map((name) => `delete from ${name};`).join(' ');

const open = async (clock: Clock): Promise<OpenedStores> => {
  const [first, other] = pools;
  if (first === undefined || other === undefined) throw new TypeError('the database was not started');
  await first.run((session) => session.query(emptyAll));
  return {
    ...composeSqlStore(connectPostgres(first), clock),
    other: composeSqlStore(connectPostgres(other), clock),
    close: () => Promise.resolve(),
  };
};

describe.runIf(hasPostgres)('a real Postgres', () => {
  beforeAll(startDatabase);
  afterAll(endDatabase);
  describeEveryStore('Postgres', open, { hasOwnClock: true });
});

/** Resolves once so many statements wait for a lock. */
const whenLocked = async (session: pg.Client, count: number): Promise<void> => {
  const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await session.query(waiting)).rows.length < count) {
    await wait(10);
    // In a transaction what was seen once stands.
    await session.query('select pg_stat_clear_snapshot()');
  }
};

describe.runIf(hasPostgres)('a Postgres store whose writes run beside each other', () => {
  test('T085: a code that is being redeemed when consent is withdrawn leaves no family that goes on', async () => {
    const database = await freshDatabase();
    const { store } = await openPostgres(database.url, createManualClock(now), options);
    const blocker = new pg.Client({ connectionString: database.url });
    await blocker.connect();
    await addStanding(store);
    await store.addAuthorizationCode(makeCode('code', { familyId: 'family' }));
    await blocker.query('begin');
    await blocker.query(`insert into refresh_token (token_hash, family_id, expires_at) values ('first', 'none', 0)`);
    const redeemed = store.redeemCode('code', now, makeFamily('family'), makeRefreshToken('first'));
    await whenLocked(blocker, 1);
    const withdrawn = store.withdrawConsent('ada', 'app', now + 5);
    await whenLocked(blocker, 2);
    await blocker.query('rollback');
    expect(await redeemed).toBe(true);
    await withdrawn;
    expect(await store.findFamily('family')).toMatchObject({ endedAt: now + 5, endReason: 'consent_withdrawn' });
    await blocker.end();
    await store.close();
    await database.remove();
  });
});

describe.runIf(hasPostgres)('a Postgres store across a restart of its node', () => {
  test('T084 T099: spent tokens are spent and allowances are used up after it', async () => {
    const [database, clock] = [await freshDatabase(), createManualClock(now)];
    const before = await openPostgres(database.url, clock, options);
    await addStanding(before.store);
    await startFamily(before.store, 'family');
    const rotation = { tokenHash: 'family.0', usedAt: now, answer: 'sealed', successor: makeRefreshToken('family.1') };
    await before.store.rotateRefreshToken(rotation);
    expect(await before.rateLimiter.take(['ada', { burst: 1, emissionSeconds: 60 }])).toBe(0);
    await before.store.close();

    const after = await openPostgres(database.url, clock, options);
    const again = { ...rotation, successor: makeRefreshToken('thief') };
    expect(await after.store.rotateRefreshToken(again)).toBe(false);
    expect(await after.rateLimiter.take(['ada', { burst: 1, emissionSeconds: 60 }])).toBe(60);
    await after.store.close();
    await database.remove();
  });

  test('a closed store answers that it is unavailable when written to', async () => {
    const database = await freshDatabase();
    const { store } = await openPostgres(database.url, createManualClock(now), options);
    await store.close();
    await expect(store.addUser(makeUser('ada'))).rejects.toBeInstanceOf(StoreUnavailableError);
    await database.remove();
  });
});
