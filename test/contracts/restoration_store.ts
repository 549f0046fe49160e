// What every store must do for a database that was put back from a backup.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createManualClock } from '../manual_clock.ts';
import type { OpenedStores, OpenStores } from './opened_stores.ts';
import {
  addStanding,
  makeClient,
  makeCode,
  makeInteraction,
  makeRefreshToken,
  makeSession,
  now,
  startFamily,
} from './records.ts';

const at = now + 100;

export const describeRestorationStore = (name: string, open: OpenStores): void => {
  describe(`RestorationStore on ${name}`, () => {
    let opened: OpenedStores;
    beforeEach(async () => {
      opened = await open(createManualClock(now));
    });
    afterEach(() => opened.close());

    test('I11: everything that was open ends, once: sessions, families, unspent codes, requests under way', async () => {
      const { store } = opened;
      await addStanding(store);
      await store.addSession(makeSession('over'), null);
      await store.endSession('over', now);
      await startFamily(store, 'family', { offline: true });
      await startFamily(store, 'ended');
      await store.endFamily('ended', 'revoked_by_client', now);
      await store.addAuthorizationCode(makeCode('unspent'));
      await store.addInteraction(makeInteraction('waiting'));
      expect(await store.endEverything('database_restored', at)).toEqual({
        families: 1,
        sessions: 1,
        codes: 1,
        interactions: 1,
      });
      expect(await store.findSession('hash-of-desk')).toBeUndefined();
      expect(await store.findFamily('family')).toMatchObject({ endedAt: at, endReason: 'database_restored' });
      expect(await store.findFamily('ended')).toMatchObject({ endedAt: now, endReason: 'revoked_by_client' });
      expect(await store.findAuthorizationCode('unspent')).toBeUndefined();
      expect(await store.findAuthorizationCode('code-of-family')).toMatchObject({ usedAt: now });
      expect(await store.findInteraction('waiting')).toBeUndefined();
      const successor = makeRefreshToken('family.1', { familyId: 'family' });
      const rotation = { tokenHash: 'family.0', usedAt: at, answer: 'sealed', successor };
      expect(await store.rotateRefreshToken(rotation)).toBe(false);
      const nothing = { families: 0, sessions: 0, codes: 0, interactions: 0 };
      expect(await store.endEverything('database_restored', at + 1)).toEqual(nothing);
    });

    test('each end is recorded, told to verifiers by session and family, and to the clients by a logout token', async () => {
      const { store } = opened;
      await addStanding(store);
      await store.addClient(makeClient('told', { backchannelLogoutUri: 'https://told.example.com/logout' }));
      await startFamily(store, 'of-app');
      await startFamily(store, 'of-told', { clientId: 'told' });
      await store.endEverything('database_restored', at);
      const { marks } = await store.readRevocations(0, 0);
      const told = marks.map(({ kind, value, markedAt }) => `${kind} ${value} ${markedAt}`);
      expect(told.sort()).toEqual([`family_id of-app ${at}`, `family_id of-told ${at}`, `sid desk ${at}`]);
      const ended = await store.listAudit({ type: 'family.ended', limit: 10 });
      expect(
        ended.map(({ details }) => details).sort((one, other) => (`${one.family_id}` < `${other.family_id}` ? -1 : 1)),
      ).toEqual([
        { family_id: 'of-app', reason: 'database_restored' },
        { family_id: 'of-told', reason: 'database_restored' },
      ]);
      expect(await store.takeLogoutDeliveries(at, at + 60, 10)).toEqual([
        expect.objectContaining({ clientId: 'told', sub: 'ada', sid: 'desk' }),
      ]);
    });

    test('a lost key is there as revoked, without a private half; a kid or a place that is taken stays as it is', async () => {
      const { store } = opened;
      const lost = {
        alg: 'ES256' as const,
        slot: 3,
        kid: 'lost',
        publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
        publishedAt: now - 100,
        activatesAt: now - 50,
        longestTokenSeconds: 600,
        revokedAt: now,
        revocationReason: 'superseded',
      };
      expect(await store.addLostKey(lost)).toBe(true);
      expect(await store.addLostKey({ ...lost, slot: 4 })).toBe(false);
      expect(await store.addLostKey({ ...lost, kid: 'other' })).toBe(false);
      const { keys } = await store.readSigningKeys();
      expect(keys).toEqual([{ ...lost, privateJwe: null, erasedAt: now }]);
    });
  });
};
