import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect } from '../../src/adapters/better_sqlite3_connection.ts';
import { openSqliteDatabase } from '../../src/adapters/better_sqlite3_database.ts';
import { createFence, type Fence } from '../../src/adapters/better_sqlite3_fence.ts';
import { createGroupCommit } from '../../src/adapters/better_sqlite3_group_commit.ts';
import { createWalSync, type WalSync } from '../../src/adapters/better_sqlite3_wal_sync.ts';
import { composeSqlStore } from '../../src/adapters/sql_store.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { addStanding, makeRefreshToken, now, startFamily } from '../contracts/records.ts';
import { createManualClock } from '../manual_clock.ts';
import { databasePathIn, makeFolder } from '../running_server.ts';

let folder: string;
let client: Database.Database;
let neighbour: Database.Database;
let syncs: PromiseWithResolvers<void>[];
let wal: WalSync;
let fence: Fence;

beforeEach(() => {
  folder = makeFolder();
  client = new Database(databasePathIn(folder));
  client.pragma('journal_mode = WAL');
  client.exec('CREATE TABLE item (name TEXT PRIMARY KEY)');
  neighbour = new Database(databasePathIn(folder));
  syncs = [];
  fence = createFence();
  const real = createWalSync(client, fence);
  // The disk, but as slow and as broken as a test wants it.
  wal = {
    ...real,
    sync: async () => {
      const gate = Promise.withResolvers<void>();
      syncs.push(gate);
      await gate.promise;
      await real.sync();
    },
  };
});

afterEach(() => {
  wal.close();
  client.close();
  neighbour.close();
});

const inserting = (name: string) => () => client.prepare('INSERT INTO item VALUES (?)').run(name).changes;
const names = (): readonly unknown[] => neighbour.prepare('SELECT name FROM item ORDER BY name').pluck().all();
const someTurns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** What became of it so far. */
const watch = (promise: Promise<unknown>): { state: string } => {
  const watched = { state: 'waits' };
  promise.then(
    () => {
      watched.state = 'told';
    },
    () => {
      watched.state = 'refused';
    },
  );
  return watched;
};

describe('the wait for the disk', () => {
  test('nobody is told of a write before it is on disk, and the event loop goes on meanwhile', async () => {
    const { write } = createGroupCommit(client, undefined, fence, wal);
    const writing = watch(write(inserting('a')));
    await someTurns();
    expect(names()).toEqual(['a']);
    expect(syncs).toHaveLength(1);
    expect(writing.state).toBe('waits');
    syncs[0]?.resolve();
    await expect.poll(() => writing.state).toBe('told');
  });

  test('what is written while the disk is waited for is the next group, and waits for a sync of its own', async () => {
    const { write } = createGroupCommit(client, undefined, fence, wal);
    const first = watch(write(inserting('a')));
    await someTurns();
    const later = ['b', 'c'].map((name) => watch(write(inserting(name))));
    await someTurns();
    expect(names()).toEqual(['a']);
    syncs[0]?.resolve();
    await expect.poll(() => syncs.length).toBe(2);
    expect(first.state).toBe('told');
    expect(names()).toEqual(['a', 'b', 'c']);
    expect(later.map(({ state }) => state)).toEqual(['waits', 'waits']);
    syncs[1]?.resolve();
    await expect.poll(() => later.map(({ state }) => state)).toEqual(['told', 'told']);
    expect(syncs).toHaveLength(2);
  });

  test('what a power failure may take back waits for no disk, not in a group with one that must stand, nor during a sync', async () => {
    const { write, writeUnsynced } = createGroupCommit(client, undefined, fence, wal);
    expect(await writeUnsynced(inserting('a'))).toBe(1);
    expect(syncs).toHaveLength(0);
    const standing = watch(write(inserting('b')));
    expect(await writeUnsynced(inserting('c'))).toBe(1);
    expect(syncs).toHaveLength(1);
    const queued = watch(write(inserting('d')));
    expect(await writeUnsynced(inserting('e'))).toBe(1);
    expect(names()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect([standing.state, queued.state]).toEqual(['waits', 'waits']);
    // The second was committed after the sync under way began, so that one says nothing of it.
    syncs[0]?.resolve();
    await expect.poll(() => syncs.length).toBe(2);
    expect([standing.state, queued.state]).toEqual(['told', 'waits']);
    syncs[1]?.resolve();
    await expect.poll(() => queued.state).toBe('told');
  });

  test('one that fails undoes itself alone', async () => {
    const { writeUnsynced } = createGroupCommit(client, undefined, fence, wal);
    const [kept, failed] = await Promise.allSettled([
      writeUnsynced(inserting('a')),
      writeUnsynced(() => {
        inserting('b')();
        throw new TypeError('broken');
      }),
    ]);
    expect([kept?.status, failed?.status]).toEqual(['fulfilled', 'rejected']);
    expect(names()).toEqual(['a']);
  });

  test('what was read is settled when a sync that began after it is done', async () => {
    const { write, settled } = createGroupCommit(client, undefined, fence, wal);
    const writing = watch(write(inserting('a')));
    await someTurns();
    const settling = watch(settled());
    expect(syncs).toHaveLength(2);
    syncs[0]?.resolve();
    await expect.poll(() => writing.state).toBe('told');
    expect(settling.state).toBe('waits');
    syncs[1]?.resolve();
    await expect.poll(() => settling.state).toBe('told');
  });

  test('however many wait for what was read to be settled, they share a sync that began after all of them', async () => {
    const { settled } = createGroupCommit(client, undefined, fence, wal);
    const first = watch(settled());
    const later = Array.from({ length: 100 }, () => watch(settled()));
    expect(syncs).toHaveLength(1);
    syncs[0]?.resolve();
    await expect.poll(() => first.state).toBe('told');
    expect(new Set(later.map(({ state }) => state))).toEqual(new Set(['waits']));
    await expect.poll(() => syncs.length).toBe(2);
    syncs[1]?.resolve();
    await expect.poll(() => new Set(later.map(({ state }) => state))).toEqual(new Set(['told']));
    expect(syncs).toHaveLength(2);
  });

  test('draining waits for what the disk has not taken yet', async () => {
    const { write, drain } = createGroupCommit(client, undefined, fence, wal);
    const writing = watch(write(inserting('a')));
    await someTurns();
    const draining = watch(drain());
    await someTurns();
    expect(draining.state).toBe('waits');
    syncs[0]?.resolve();
    await expect.poll(() => syncs.length).toBe(2);
    expect(writing.state).toBe('told');
    syncs[1]?.resolve();
    await expect.poll(() => draining.state).toBe('told');
  });

  test('T128: what was committed while a sync failed is refused as well, whatever the next sync would say', async () => {
    const { write, writeUnsynced } = createGroupCommit(client, undefined, fence, wal);
    const failing = watch(write(inserting('a')));
    await someTurns();
    const queued = watch(write(inserting('b')));
    await writeUnsynced(inserting('c'));
    expect(names()).toEqual(['a', 'b', 'c']);
    fence.shut('EIO');
    syncs[0]?.reject(new StoreUnavailableError('the disk failed'));
    await expect.poll(() => [failing.state, queued.state]).toEqual(['refused', 'refused']);
    expect(syncs).toHaveLength(1);
  });

  test('T128: a write that the disk does not take is refused, and none is made after it: no later sync is believed', async () => {
    symlinkSync('/dev/null', join(folder, 'odd-wal'));
    // All that is asked of it: where the log is. This one cannot be synced, which the kernel says itself.
    const odd = { pragma: () => [{ name: 'main', file: join(folder, 'odd') }] } as unknown as Database.Database;
    const { write } = createGroupCommit(client, undefined, fence, createWalSync(odd, fence));
    const unavailable = { status: 'rejected', reason: { name: 'StoreUnavailableError' } };
    expect(await Promise.allSettled([write(inserting('a')), write(inserting('b'))])).toMatchObject([
      unavailable,
      unavailable,
    ]);
    expect(await fence.fenced).toContain('EINVAL');
    await expect(write(inserting('c'))).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(names()).toEqual(['a', 'b']);
  });
});

describe('what is told on the strength of a read', () => {
  test('T128: after a sync that failed nothing read is settled any more, though the disk answers again', async () => {
    const { settled } = createGroupCommit(client, undefined, fence);
    client.exec("INSERT INTO item VALUES ('a')");
    await settled();
    fence.shut('EIO');
    await expect(settled()).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  test('the answer of a spent refresh token is given out again once its successor is on disk; an unspent one waits for nothing', async () => {
    const path = join(folder, 'store.sqlite');
    const database = openSqliteDatabase(path);
    const log = createWalSync(database, fence);
    let slow = false;
    const held = Promise.withResolvers<void>();
    const sync = async (): Promise<void> => {
      if (slow) await held.promise;
      await log.sync();
    };
    const commit = createGroupCommit(database, undefined, fence, { ...log, sync });
    const { store } = composeSqlStore(connect(database, commit), createManualClock(now));
    await addStanding(store);
    for (const family of ['spent', 'unspent']) await startFamily(store, family);
    slow = true;
    const successor = makeRefreshToken('spent.1', { familyId: 'spent' });
    const rotating = watch(
      store.rotateRefreshToken({ tokenHash: 'spent.0', usedAt: now, answer: 'sealed', successor }),
    );
    await someTurns();
    const again = store.findRefreshToken('spent.0');
    const waiting = watch(again);
    expect((await store.findRefreshToken('unspent.0'))?.token.usedAt).toBeNull();
    await someTurns();
    expect([rotating.state, waiting.state]).toEqual(['waits', 'waits']);
    held.resolve();
    expect((await again)?.token).toMatchObject({ usedAt: now, answer: 'sealed' });
    await store.close();
  });

  test('keys are published once they are on disk; those that were before are read while the disk is stuck', async () => {
    const database = openSqliteDatabase(join(folder, 'store.sqlite'));
    const log = createWalSync(database, fence);
    const syncing: PromiseWithResolvers<void>[] = [];
    const sync = async (): Promise<void> => {
      const gate = Promise.withResolvers<void>();
      syncing.push(gate);
      await gate.promise;
    };
    const commit = createGroupCommit(database, undefined, fence, { ...log, sync });
    const { store } = composeSqlStore(connect(database, commit), createManualClock(now));
    const publishing = watch(
      store.publishSigningKey({
        alg: 'ES256',
        slot: 0,
        kid: 'kid-1',
        publicJwk: { kty: 'EC' },
        privateJwe: 'wrapped',
        publishedAt: now,
        activatesAt: now,
        longestTokenSeconds: 600,
      }),
    );
    await someTurns();
    const reading = store.readSigningKeys();
    const waiting = watch(reading);
    await someTurns();
    expect([publishing.state, waiting.state, syncing.length]).toEqual(['waits', 'waits', 2]);
    for (const { resolve } of syncing) resolve();
    expect((await reading).keys.map(({ kid }) => kid)).toEqual(['kid-1']);
    expect((await store.readSigningKeys()).keys).toHaveLength(1);
    expect(syncing).toHaveLength(2);
    database.close();
  });
});
