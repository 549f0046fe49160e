// The contract of LogoutDeliveryStore: what every store does.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LogoutDelivery } from '../../src/seams/logout_delivery_store.ts';
import { createManualClock, type OpenedStores, type OpenStores, race } from './opened_stores.ts';
import { now } from './records.ts';

const makeDelivery = (id: string, overrides: Partial<LogoutDelivery> = {}): LogoutDelivery => ({
  id,
  clientId: 'app',
  sub: 'ada',
  sid: 'desk',
  attempts: 0,
  nextAttemptAt: now,
  ...overrides,
});

const idsOf = (deliveries: readonly LogoutDelivery[]): readonly string[] => deliveries.map(({ id }) => id).sort();

export const describeLogoutDeliveryStore = (name: string, open: OpenStores): void => {
  describe(`LogoutDeliveryStore: ${name}`, () => {
    let stores: OpenedStores;
    beforeEach(async () => {
      stores = await open(createManualClock(now));
    });
    afterEach(() => stores.close());

    test('a delivery is taken when it is due, and the attempt is counted', async () => {
      const { store } = stores;
      await store.addLogoutDelivery(makeDelivery('due'));
      await store.addLogoutDelivery(makeDelivery('of-every-session', { sid: null }));
      await store.addLogoutDelivery(makeDelivery('later', { nextAttemptAt: now + 1 }));
      const taken = await store.takeLogoutDeliveries(now, now + 60, 10);
      expect(idsOf(taken)).toEqual(['due', 'of-every-session']);
      expect(taken).toContainEqual(makeDelivery('due', { attempts: 1, nextAttemptAt: now + 60 }));
      expect(taken).toContainEqual(
        makeDelivery('of-every-session', { sid: null, attempts: 1, nextAttemptAt: now + 60 }),
      );
    });

    test('a delivery that was taken is not due again before the retry, and then counts on', async () => {
      const { store, other } = stores;
      await store.addLogoutDelivery(makeDelivery('due'));
      await store.takeLogoutDeliveries(now, now + 60, 10);
      expect(await other.store.takeLogoutDeliveries(now + 59, now + 120, 10)).toEqual([]);
      expect(await other.store.takeLogoutDeliveries(now + 60, now + 120, 10)).toMatchObject([{ attempts: 2 }]);
    });

    test('of nodes that take at once each gets others', async () => {
      const ids = Array.from({ length: 30 }, (_, turn) => `delivery-${turn}`);
      for (const id of ids) await stores.store.addLogoutDelivery(makeDelivery(id));
      const taken = await race(10, stores, (store) => store.takeLogoutDeliveries(now, now + 60, 4));
      expect(idsOf(taken.flat())).toEqual([...ids].sort());
      expect(taken.filter((deliveries) => deliveries.length > 4)).toEqual([]);
    });

    test('those longest due are taken first', async () => {
      const { store } = stores;
      await store.addLogoutDelivery(makeDelivery('newer', { nextAttemptAt: now - 1 }));
      await store.addLogoutDelivery(makeDelivery('oldest', { nextAttemptAt: now - 2 }));
      expect(idsOf(await store.takeLogoutDeliveries(now, now + 60, 1))).toEqual(['oldest']);
    });

    test('a postponed delivery waits as long as told, and a removed one is gone', async () => {
      const { store } = stores;
      await store.addLogoutDelivery(makeDelivery('postponed'));
      await store.addLogoutDelivery(makeDelivery('removed'));
      await store.takeLogoutDeliveries(now, now + 10, 10);
      await store.postponeLogoutDelivery('postponed', now + 300);
      await store.removeLogoutDelivery('removed');
      expect(await store.takeLogoutDeliveries(now + 299, now + 400, 10)).toEqual([]);
      expect(idsOf(await store.takeLogoutDeliveries(now + 300, now + 400, 10))).toEqual(['postponed']);
    });
  });
};
