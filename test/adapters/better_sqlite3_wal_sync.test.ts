import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFence, type Fence } from '../../src/adapters/better_sqlite3_fence.ts';
import { createGroupCommit } from '../../src/adapters/better_sqlite3_group_commit.ts';
import { createWalSync, type WalSync } from '../../src/adapters/better_sqlite3_wal_sync.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { databasePathIn, makeFolder, removeFolder } from '../running_server.ts';

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
  removeFolder(folder);
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
    await expect(write(inserting('c'))).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(names()).toEqual(['a', 'b']);
    expect(fence.reason()).toContain('fdatasync');
  });
});
