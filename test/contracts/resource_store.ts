// What every ResourceStore must do, whatever database is behind it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ResourceStore } from '../../src/seams/resource_store.ts';
import { type OpenedStore, type OpenStore, race } from './opened_store.ts';
import { makeResource, now } from './records.ts';

const api = 'https://api.example.com';

export const describeResourceStore = (name: string, open: OpenStore<ResourceStore>): void => {
  describe(`ResourceStore on ${name}`, () => {
    let opened: OpenedStore<ResourceStore>;
    let store: ResourceStore;

    beforeEach(async () => {
      opened = await open({ now: () => now, monotonicSeconds: () => 0 });
      store = opened.store;
    });
    afterEach(() => opened.close());

    test('gives a resource back as it was added, to every node', async () => {
      const claims = { tenant: 'ä', nested: { list: [1, 2.5, null, true], text: '"quoted"' } };
      const resource = makeResource(api, { scope: [], accessTokenSigningAlg: 'RS256', claims });
      expect(await store.addResource(resource)).toBe(true);
      expect(await opened.other.findResource(api)).toEqual(resource);
    });

    test('lists resources by identifier', async () => {
      for (const resource of ['urn:b', 'https://z.example.com', 'urn:a'])
        await store.addResource(makeResource(resource));
      const listed = (await store.listResources()).map(({ resource }) => resource);
      expect(listed).toEqual(['https://z.example.com', 'urn:a', 'urn:b']);
    });

    test('finds a resource by the very bytes of its identifier', async () => {
      await store.addResource(makeResource(api));
      for (const near of [`${api}/`, api.toUpperCase(), `${api} `, 'https://api.example.co_', ''])
        expect(await store.findResource(near), JSON.stringify(near)).toBeUndefined();
    });

    test.each(["urn:' OR 1=1 --", '__proto__', 'urn:ключ'])(
      'T124: takes %j as an identifier like any other',
      async (resource) => {
        expect(await store.findResource(resource)).toBeUndefined();
        expect(await store.addResource(makeResource(resource))).toBe(true);
        expect(await store.findResource(resource)).toEqual(makeResource(resource));
      },
    );

    test('an identifier that is taken stays as it was', async () => {
      await store.addResource(makeResource(api));
      expect(await opened.other.addResource(makeResource(api, { accessTokenSeconds: 5 }))).toBe(false);
      expect(await store.listResources()).toEqual([makeResource(api)]);
    });

    test('of nodes that take one identifier at once one wins', async () => {
      const added = await race(opened, (verbs, turn) =>
        verbs.addResource(makeResource(api, { accessTokenSeconds: turn + 1 })),
      );
      expect(added.filter(Boolean).length).toBe(1);
      expect((await store.listResources()).length).toBe(1);
    });

    test('a removed resource is gone for every node', async () => {
      await store.addResource(makeResource(api));
      expect(await store.removeResource(api)).toBe(true);
      expect(await opened.other.findResource(api)).toBeUndefined();
      expect(await store.removeResource(api)).toBe(false);
    });

    test('of nodes that remove one resource at once one wins', async () => {
      await store.addResource(makeResource(api));
      const removed = await race(opened, (verbs) => verbs.removeResource(api));
      expect(removed.filter(Boolean).length).toBe(1);
    });
  });
};
