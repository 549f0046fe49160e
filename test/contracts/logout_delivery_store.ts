// The contract of LogoutDeliveryStore, and of the verbs that queue deliveries: what every store does.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LogoutDelivery } from '../../src/seams/logout_delivery_store.ts';
import type { Store } from '../../src/seams/store.ts';
import { createManualClock } from '../manual_clock.ts';
import { type OpenedStores, type OpenStores, race } from './opened_stores.ts';
import { addStanding, endNewSession, makeClient, makeSession, makeUser, now, startFamily } from './records.ts';

const told = { backchannelLogoutUri: 'https://app.example.com/backchannel' };
const insisting = { ...told, backchannelLogoutSessionRequired: true };

const sidsOf = (deliveries: readonly LogoutDelivery[]): readonly (string | null)[] =>
  deliveries.map(({ sid }) => sid).toSorted();

const takeAll = (store: Store) => store.takeLogoutDeliveries(now + 1000, now + 2000, 100);

const whomAndWhat = (deliveries: readonly LogoutDelivery[]): readonly string[] =>
  deliveries.map(({ clientId, sub, sid }) => `${clientId} ${sub} ${sid}`).toSorted();

const describeTaking = (opened: () => OpenedStores): void => {
  beforeEach(async () => {
    const { store } = opened();
    await store.addUser(makeUser('ada'));
    await store.addClient(makeClient('told', told));
  });

  test('a delivery is taken when it is due, and the attempt is counted', async () => {
    const { store } = opened();
    await endNewSession(store, 'due', { clientId: 'told' }, now);
    await endNewSession(store, 'later', { clientId: 'told' }, now + 1);
    const taken = await store.takeLogoutDeliveries(now, now + 60, 10);
    const delivery = { clientId: 'told', sub: 'ada', sid: 'due', attempts: 1, nextAttemptAt: now + 60 };
    expect(taken).toEqual([{ ...delivery, id: expect.any(String) }]);
  });

  test('a delivery that was taken is not due again before the retry, and then counts on', async () => {
    const { store, other } = opened();
    await endNewSession(store, 'due', { clientId: 'told' }, now);
    await store.takeLogoutDeliveries(now, now + 60, 10);
    expect(await other.store.takeLogoutDeliveries(now + 59, now + 120, 10)).toEqual([]);
    expect(await other.store.takeLogoutDeliveries(now + 60, now + 120, 10)).toMatchObject([{ attempts: 2 }]);
  });

  test('of nodes that take at once each gets others', async () => {
    const { store } = opened();
    const sids = Array.from({ length: 30 }, (_, turn) => `session-${turn}`);
    for (const sid of sids) await endNewSession(store, sid, { clientId: 'told' }, now);
    const taken = await race(10, opened(), (node) => node.takeLogoutDeliveries(now, now + 60, 4));
    expect(sidsOf(taken.flat())).toEqual(sids.toSorted());
    expect(taken.filter((deliveries) => deliveries.length > 4)).toEqual([]);
  });

  test('those longest due are taken first', async () => {
    const { store } = opened();
    await endNewSession(store, 'newer', { clientId: 'told' }, now - 1);
    await endNewSession(store, 'oldest', { clientId: 'told' }, now - 2);
    expect(sidsOf(await store.takeLogoutDeliveries(now, now + 60, 1))).toEqual(['oldest']);
  });

  test('of a client that does not answer all that is due waits, counts as tried, and is given up in the end', async () => {
    const { store, other } = opened();
    await store.addClient(makeClient('well', told));
    for (const sid of ['one', 'two']) await endNewSession(store, sid, { clientId: 'told' }, now);
    await endNewSession(store, 'later', { clientId: 'told' }, now + 1);
    await endNewSession(store, 'wells', { clientId: 'well' }, now);
    expect(await store.postponeLogoutDeliveriesOf('told', now, now + 10, 3)).toBe(0);
    expect(sidsOf(await other.store.takeLogoutDeliveries(now, now + 60, 10))).toEqual(['wells']);
    expect(await other.store.postponeLogoutDeliveriesOf('told', now + 10, now + 20, 3)).toBe(0);
    expect(await store.postponeLogoutDeliveriesOf('told', now + 20, now + 40, 3)).toBe(2);
    expect(await store.takeLogoutDeliveries(now + 40, now + 60, 10)).toMatchObject([{ sid: 'later', attempts: 3 }]);
  });

  test('a postponed delivery waits as long as told, and a removed one is gone', async () => {
    const { store } = opened();
    for (const sid of ['postponed', 'removed']) await endNewSession(store, sid, { clientId: 'told' }, now);
    for (const { id, sid } of await store.takeLogoutDeliveries(now, now + 10, 10)) {
      if (sid === 'postponed') await store.postponeLogoutDelivery(id, now + 300);
      else await store.removeLogoutDelivery(id);
    }
    expect(await store.takeLogoutDeliveries(now + 299, now + 400, 10)).toEqual([]);
    expect(sidsOf(await store.takeLogoutDeliveries(now + 300, now + 400, 10))).toEqual(['postponed']);
  });
};

const describeQueueing = (opened: () => OpenedStores): void => {
  /** ada at her desk, with tokens for three clients, and on her phone with tokens for one; a session of hers is over. */
  beforeEach(async () => {
    const { store } = opened();
    await addStanding(store);
    await store.addUser(makeUser('bob'));
    await store.addClient(makeClient('told', told));
    await store.addClient(makeClient('insisting', insisting));
    await endNewSession(store, 'over', { clientId: 'told' }, now);
    await endNewSession(store, 'over-too', { clientId: 'insisting' }, now);
    await takeAll(store).then((all) => Promise.all(all.map(({ id }) => store.removeLogoutDelivery(id))));
    await store.addSession(makeSession('phone'), null);
    await store.addSession(makeSession('bobs', { sub: 'bob' }), null);
    await startFamily(store, 'untold');
    await startFamily(store, 'one', { clientId: 'told' });
    await startFamily(store, 'another', { clientId: 'told', offline: true });
    await startFamily(store, 'two', { clientId: 'insisting' });
    await startFamily(store, 'three', { clientId: 'told', sid: 'phone' });
    await startFamily(store, 'bobs', { clientId: 'told', sid: 'bobs', sub: 'bob' });
  });

  test('a session that ends queues one for each client that got tokens in it and has a logout URI', async () => {
    const { store } = opened();
    await store.endFamily('one', 'revoked', now);
    await store.endSession('desk', now);
    expect(whomAndWhat(await takeAll(store))).toEqual(['insisting ada desk', 'told ada desk']);
  });

  test('of nodes that end a session at once one queues', async () => {
    await race(10, opened(), (node) => node.endSession('desk', now));
    expect(await takeAll(opened().store)).toHaveLength(2);
  });

  test('a new password queues them for the sessions it ends, not for the one that is kept', async () => {
    const { store } = opened();
    await store.setPassword('ada', 'new', now, 'phone');
    expect(whomAndWhat(await takeAll(store))).toEqual(['insisting ada desk', 'told ada desk']);
  });

  test('a new password that keeps no session queues them for all', async () => {
    const { store } = opened();
    await store.setPassword('ada', 'new', now, null);
    expect(whomAndWhat(await takeAll(store))).toEqual(['insisting ada desk', 'told ada desk', 'told ada phone']);
  });

  test.each([
    ['locked', (store: Store) => store.lockUser('ada', now)],
    ['removed', (store: Store) => store.removeUser('ada', now)],
  ])(
    'somebody %s is signed out everywhere: by name, or session by session where the client insists',
    async (_, end) => {
      const { store } = opened();
      expect(await end(store)).toBe(true);
      const queued = whomAndWhat(await takeAll(store));
      expect(queued).toEqual(['insisting ada desk', 'insisting ada over-too', 'told ada null']);
    },
  );

  test('a removed client takes what waits for it along', async () => {
    const { store } = opened();
    await store.endSession('desk', now);
    await store.removeClient('told');
    expect(whomAndWhat(await takeAll(store))).toEqual(['insisting ada desk']);
  });
};

export const describeLogoutDeliveryStore = (name: string, open: OpenStores): void => {
  describe(`LogoutDeliveryStore: ${name}`, () => {
    let stores: OpenedStores;
    beforeEach(async () => {
      stores = await open(createManualClock(now));
    });
    afterEach(() => stores.close());
    const opened = () => stores;
    describe('taking', () => describeTaking(opened));
    describe('queueing, in the write that ends what they tell of', () => describeQueueing(opened));
  });
};
