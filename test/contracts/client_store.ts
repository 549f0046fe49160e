// What every ClientStore must do, whatever database is behind it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, type ClientStore, clientDefaults } from '../../src/seams/client_store.ts';
import { type OpenedStore, type OpenStore, race } from './opened_store.ts';

const now = 1_800_000_000;

const clientOf = (clientId: string, overrides: Partial<Client> = {}): Client => ({
  ...clientDefaults,
  clientId,
  clientName: 'A client',
  grantTypes: ['client_credentials'],
  redirectUris: ['https://app.example.com/cb'],
  scope: ['read', 'write'],
  resources: ['https://api.example.com', 'https://other.example.com'],
  clientSecretSha256: 'hash-1',
  previousClientSecretSha256: null,
  previousClientSecretExpiresAt: null,
  clientIdIssuedAt: now,
  tokensNotBefore: null,
  ...overrides,
});

const publicClient = (clientId: string): Client =>
  clientOf(clientId, { tokenEndpointAuthMethod: 'none', clientSecretSha256: null, clientName: null });

export const describeClientStore = (name: string, open: OpenStore<ClientStore>): void => {
  describe(`ClientStore on ${name}`, () => {
    let opened: OpenedStore<ClientStore>;
    let store: ClientStore;

    beforeEach(async () => {
      opened = await open({ now: () => now, monotonicSeconds: () => 0 });
      store = opened.store;
    });
    afterEach(() => opened.close());

    test('gives a client back as it was added, to every node', async () => {
      const clients = [clientOf('a'), publicClient('b'), clientOf('c', { scope: [], resources: [], redirectUris: [] })];
      for (const client of clients) expect(await store.addClient(client)).toBe(true);
      for (const client of clients) expect(await opened.other.findClient(client.clientId)).toEqual(client);
    });

    test('lists clients by client_id', async () => {
      for (const clientId of ['b', 'C', 'a']) await store.addClient(clientOf(clientId));
      expect((await store.listClients()).map(({ clientId }) => clientId)).toEqual(['C', 'a', 'b']);
    });

    test('finds a client by the very bytes of its client_id', async () => {
      await store.addClient(clientOf('Client'));
      for (const near of ['client', 'Client ', ' Client', 'Client\0', 'Clien_', 'Clien%', ''])
        expect(await store.findClient(near), JSON.stringify(near)).toBeUndefined();
    });

    test.each(["' OR 1=1 --", '__proto__', 'constructor', '"; DROP TABLE client; --', 'ключ', '\u{1f511}'])(
      'T124: takes %j as a client_id like any other',
      async (clientId) => {
        expect(await store.findClient(clientId)).toBeUndefined();
        expect(await store.addClient(clientOf(clientId))).toBe(true);
        expect(await store.findClient(clientId)).toEqual(clientOf(clientId));
        expect((await store.listClients()).length).toBe(1);
      },
    );

    test('a client_id that is taken stays whose it was', async () => {
      await store.addClient(clientOf('a'));
      expect(await opened.other.addClient(publicClient('a'))).toBe(false);
      expect(await store.listClients()).toEqual([clientOf('a')]);
    });

    test('of nodes that take one client_id at once one wins', async () => {
      const added = await race(opened, (verbs, turn) => verbs.addClient(clientOf('a', { clientName: `${turn}` })));
      expect(added.filter(Boolean).length).toBe(1);
      expect((await store.listClients()).length).toBe(1);
    });

    describe('rotateClientSecret', () => {
      test('keeps the present secret beside the new one, until it expires', async () => {
        await store.addClient(clientOf('a'));
        await store.addClient(clientOf('b'));
        expect(await store.rotateClientSecret('a', 'hash-2', now + 60)).toBe(true);
        expect(await opened.other.listClients()).toEqual([
          clientOf('a', {
            clientSecretSha256: 'hash-2',
            previousClientSecretSha256: 'hash-1',
            previousClientSecretExpiresAt: now + 60,
          }),
          clientOf('b'),
        ]);
      });

      test('twice forgets the first secret', async () => {
        await store.addClient(clientOf('a'));
        await store.rotateClientSecret('a', 'hash-2', now + 60);
        await store.rotateClientSecret('a', 'hash-3', now + 90);
        expect(await store.findClient('a')).toMatchObject({
          clientSecretSha256: 'hash-3',
          previousClientSecretSha256: 'hash-2',
          previousClientSecretExpiresAt: now + 90,
        });
      });

      test('gives no secret to a public client, and makes no client', async () => {
        await store.addClient(publicClient('a'));
        expect(await store.rotateClientSecret('a', 'hash-2', now)).toBe(false);
        expect(await store.rotateClientSecret('b', 'hash-2', now)).toBe(false);
        expect(await store.listClients()).toEqual([publicClient('a')]);
      });

      test('by nodes at once leaves the last new secret, and the one before it as the previous', async () => {
        await store.addClient(clientOf('a'));
        const rotated = await race(opened, (verbs, turn) =>
          verbs.rotateClientSecret('a', `hash-of-${verbs === store}-${turn}`, now + 60),
        );
        const client = await store.findClient('a');
        expect(rotated.every(Boolean)).toBe(true);
        expect(client?.clientSecretSha256).toMatch(/^hash-of/);
        expect(client?.previousClientSecretSha256).toMatch(/^hash-of/);
      });
    });

    test('a removed client is gone for every node, and its client_id is free', async () => {
      await store.addClient(clientOf('a'));
      await store.addClient(clientOf('b'));
      expect(await store.removeClient('a')).toBe(true);
      expect(await opened.other.findClient('a')).toBeUndefined();
      expect(await store.removeClient('a')).toBe(false);
      expect(await store.listClients()).toEqual([clientOf('b')]);
      expect(await store.addClient(publicClient('a'))).toBe(true);
    });

    test('of nodes that remove one client at once one wins', async () => {
      await store.addClient(clientOf('a'));
      const removed = await race(opened, (verbs) => verbs.removeClient('a'));
      expect(removed.filter(Boolean).length).toBe(1);
    });
  });
};
