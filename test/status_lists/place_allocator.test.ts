// Every token has a place of its own, whoever gives it out and whatever happens to them.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { OAuthError } from '../../src/errors.ts';
import type { Store } from '../../src/seams/store.ts';
import { createPlaceAllocator, type PlaceAllocator } from '../../src/status_lists/place_allocator.ts';
import { makeClient, now } from '../contracts/records.ts';
import { createManualClock } from '../manual_clock.ts';
import { makeFolder } from '../running_server.ts';

const folder = makeFolder();

let databases = 0;
let path: string;
let clock: ReturnType<typeof createManualClock>;
const stores: Store[] = [];
const open = (at = path): Store => {
  const store = createBetterSqlite3Store(at, clock);
  stores.push(store);
  return store;
};
afterAll(() => Promise.all(stores.map((store) => store.close())));

const lessee = { clientId: 'app', tokensNotBefore: null };
const lifetime = 600;

const allocator = (store: Store, places = 1024): PlaceAllocator => createPlaceAllocator({ store, clock, places });

const take = async (from: PlaceAllocator, count: number, client = lessee): Promise<readonly string[]> =>
  (await Promise.all(Array.from({ length: count }, () => from.allocate(client, clock.now() + lifetime, lifetime)))).map(
    ({ listId, index }) => `${listId} ${index}`,
  );

beforeEach(async () => {
  databases += 1;
  path = join(folder, `${databases}.sqlite`);
  clock = createManualClock(now);
  const store = open();
  await store.addClient(makeClient('app'));
  await store.addClient(makeClient('other'));
});

describe('places of status lists', () => {
  test('are each given out once, by two processes at once, over full lists and into the next window', async () => {
    const processes = [allocator(open()), allocator(open())];
    const taken: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const batches = await Promise.all(
        processes.flatMap((one) => [take(one, 700), take(one, 300, { ...lessee, clientId: 'other' })]),
      );
      taken.push(...batches.flat());
      clock.advance(300);
    }
    expect(taken).toHaveLength(8000);
    expect(new Set(taken).size).toBe(8000);
    const { lists } = await open().readRevocations(0, 0);
    expect(lists.length).toBeGreaterThanOrEqual(8);
    for (const { listId, expiresAt } of lists) {
      expect(listId).toMatch(/^[\w-]{16}$/);
      expect(expiresAt % 900).toBe(0);
    }
  });

  test('I9: a process that was killed and started again gives out none twice', async () => {
    const before = await take(allocator(open()), 100);
    const after = await take(allocator(open()), 100);
    expect(new Set([...before, ...after]).size).toBe(200);
  });

  test('I11: on a restored backup none is given out twice, by a new process or by one that ran on', async () => {
    const store = open();
    const running = allocator(store);
    const before = await take(running, 10);
    await store.close();
    copyFileSync(path, `${path}.backup`);
    const lost = await take(allocator(open()), 100);
    copyFileSync(`${path}.backup`, `${path}.restored`);
    const restored = open(`${path}.restored`);
    const after = await take(allocator(restored), 100);
    expect(new Set([...before, ...lost, ...after]).size).toBe(210);
  });

  test('a process whose list the database knows nothing of makes another', async () => {
    const store = open();
    const one = allocator(store);
    const [first = ''] = await take(one, 1);
    await store.removeExpiredRevocations(now + 100_000, 0);
    const later = await take(one, 100);
    expect(later.filter((place) => !place.startsWith(first.slice(0, 16)))).toHaveLength(100 - 15);
  });

  test('cost a write for a block of them, ever bigger ones', async () => {
    const store = open();
    let writes = 0;
    const counted: Store = {
      ...store,
      leaseTurns: (...place) => {
        writes += 1;
        return store.leaseTurns(...place);
      },
    };
    const one = allocator(counted, 2 ** 20);
    for (let taken = 0; taken < 20_000; taken += 1000) await take(one, 1000);
    expect(writes).toBeLessThanOrEqual(10);
  });

  test('of a client that was revoked since its block was leased come from a new block', async () => {
    const store = open();
    const one = allocator(store);
    const before = await one.allocate(lessee, now + lifetime, lifetime);
    await store.revokeClient('app', now);
    const { tokensNotBefore = null } = (await store.findClient('app')) ?? {};
    expect(tokensNotBefore).toBe(now);
    const after = await one.allocate({ clientId: 'app', tokensNotBefore }, now + lifetime, lifetime);
    const { turns } = await store.readRevocations(0, 0);
    const isRevoked = (turn: number) => turns.some((range) => turn >= range.turn && turn < range.turn + range.count);
    expect(isRevoked(before.place.turn)).toBe(true);
    expect(isRevoked(after.place.turn)).toBe(false);
  });

  test('are not leased to a client that was revoked or removed since it was read', async () => {
    const store = open();
    await store.revokeClient('app', now);
    await expect(take(allocator(store), 1)).rejects.toBeInstanceOf(OAuthError);
    await expect(take(allocator(store), 1, { ...lessee, clientId: 'unheard-of' })).rejects.toBeInstanceOf(OAuthError);
  });

  test('lists are made before they are needed, and once', async () => {
    const store = open();
    const one = allocator(store);
    await one.prepare([600, 3600], 900);
    const { lists: ahead } = await store.readRevocations(0, 0);
    await one.prepare([600, 3600], 900);
    await take(one, 5);
    clock.advance(900);
    await take(one, 5);
    expect((await store.readRevocations(0, 0)).lists).toEqual(ahead);
    expect(ahead).toHaveLength(4);
  });
});
