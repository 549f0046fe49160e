import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import type { Store } from '../../src/seams/store.ts';
import { createManualClock } from '../manual_clock.ts';
import { databasePathIn, makeFolder } from '../running_server.ts';
import { addClient, addResource, registeredResource } from '../test_provider.ts';

let folder: string;
let store: Store;
let other: Store;

beforeEach(async () => {
  folder = makeFolder();
  store = createBetterSqlite3Store(databasePathIn(folder), createManualClock());
  other = createBetterSqlite3Store(databasePathIn(folder), createManualClock());
  await addClient(store, 'client');
  await addResource(store);
  await store.findClient('client');
  await store.findResource(registeredResource);
});

afterEach(async () => {
  await store.close();
  await other.close();
});

describe('clients and resources that are kept decoded', () => {
  test('are the same object while nothing changed', async () => {
    expect(await store.findClient('client')).toBe(await store.findClient('client'));
    expect(await store.findResource(registeredResource)).toBe(await store.findResource(registeredResource));
  });

  test('a client that another process removed or gave a new secret is seen so at once', async () => {
    await other.rotateClientSecret('client', 'new', 1);
    expect(await store.findClient('client')).toMatchObject({ clientSecretSha256: 'new' });
    await other.removeClient('client');
    expect(await store.findClient('client')).toBeUndefined();
  });

  test('a resource that another process removed is gone at once', async () => {
    await other.removeResource(registeredResource);
    expect(await store.findResource(registeredResource)).toBeUndefined();
  });

  test('a change of this process is seen as soon as it is on disk', async () => {
    await store.rotateClientSecret('client', 'new', 1);
    expect(await store.findClient('client')).toMatchObject({ clientSecretSha256: 'new' });
    await store.removeClient('client');
    expect(await store.findClient('client')).toBeUndefined();
    await store.removeResource(registeredResource);
    expect(await store.findResource(registeredResource)).toBeUndefined();
    await addResource(store);
    expect(await store.findResource(registeredResource)).toMatchObject({ resource: registeredResource });
  });

  test('what another process adds is found, though it was looked for in vain before', async () => {
    expect(await store.findClient('later')).toBeUndefined();
    await addClient(other, 'later');
    expect(await store.findClient('later')).toMatchObject({ clientId: 'later' });
  });
});
