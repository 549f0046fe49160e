// The contract of TokenStore: what every store does.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/seams/store.ts';
import { createManualClock } from '../manual_clock.ts';
import { countTrue, type OpenedStores, type OpenStores, race } from './opened_stores.ts';
import {
  addStanding,
  makeClient,
  makeCode,
  makeConsent,
  makeFamily,
  makeRefreshToken,
  makeSession,
  now,
  startFamily,
} from './records.ts';

const family = makeFamily('family');
const first = makeRefreshToken('family.0');

const rotate = (store: Store, from: string, to: string, familyId = 'family') =>
  store.rotateRefreshToken({
    tokenHash: from,
    usedAt: now + 5,
    answer: `answer with ${to}`,
    successor: makeRefreshToken(to, { familyId }),
  });

const describeCodes = (opened: () => OpenedStores): void => {
  test('a code is found as added, a null challenge and nonce included', async () => {
    const { store, other } = opened();
    const codes = [makeCode('full'), makeCode('bare', { codeChallenge: null, nonce: null, idTokenClaims: [] })];
    for (const code of codes) await store.addAuthorizationCode(code);
    expect(await other.store.findAuthorizationCode('full')).toEqual(codes[0]);
    expect(await other.store.findAuthorizationCode('bare')).toEqual(codes[1]);
    expect(await store.findAuthorizationCode('unheard-of')).toBeUndefined();
  });

  test('a redeemed code is spent and its family stands, with its first refresh token', async () => {
    const { store, other } = opened();
    await addStanding(store);
    await store.addAuthorizationCode(makeCode('code'));
    expect(await store.redeemCode('code', now + 5, family, first)).toBe(true);
    expect(await other.store.findAuthorizationCode('code')).toEqual(makeCode('code', { usedAt: now + 5 }));
    expect(await other.store.findFamily('family')).toEqual(family);
    expect(await other.store.findRefreshToken('family.0')).toEqual({ token: first, family });
  });

  test('a code of a client without refresh tokens gives a family without one', async () => {
    const { store } = opened();
    await addStanding(store);
    await store.addAuthorizationCode(makeCode('code'));
    expect(await store.redeemCode('code', now, family, null)).toBe(true);
    expect(await store.findFamily('family')).toEqual(family);
    expect(await store.findRefreshToken('family.0')).toBeUndefined();
  });

  test('T068: of 50 redemptions of one code at once, over two connections, one wins', async () => {
    const { store } = opened();
    await addStanding(store);
    await store.addAuthorizationCode(makeCode('code'));
    const answers = await race(50, opened(), (node, turn) => {
      const familyId = `family-${turn}`;
      const token = makeRefreshToken(`token-${turn}`, { familyId });
      return node.redeemCode('code', now, makeFamily(familyId), token);
    });
    expect(countTrue(answers)).toBe(1);
    const kept = await Promise.all(answers.map((_, turn) => store.findRefreshToken(`token-${turn}`)));
    expect(kept.map((found) => found !== undefined)).toEqual(answers);
  });

  test('a code nobody was given is not redeemed', async () => {
    const { store } = opened();
    await addStanding(store);
    expect(await store.redeemCode('unheard-of', now, family, first)).toBe(false);
    expect(await store.findFamily('family')).toBeUndefined();
  });

  test.each([
    ['the session ended', (store: Store) => store.endSession('desk', now)],
    ['the password was changed elsewhere', (store: Store) => store.setPassword('ada', 'new hash', now, null)],
    ['the end-user was locked', (store: Store) => store.lockUser('ada', now)],
  ])('T085: a code is worth nothing once %s, and stays unspent', async (_, end) => {
    const { store } = opened();
    await addStanding(store);
    await store.addAuthorizationCode(makeCode('code'));
    await end(store);
    expect(await store.redeemCode('code', now, family, first)).toBe(false);
    expect(await store.findAuthorizationCode('code')).toEqual(makeCode('code'));
    expect(await store.findFamily('family')).toBeUndefined();
    expect(await store.findRefreshToken('family.0')).toBeUndefined();
  });

  test.each([
    ['end-user', (store: Store) => store.removeUser('ada', now)],
    ['client', (store: Store) => store.removeClient('app')],
  ])('T085: a code is gone with its %s', async (_, remove) => {
    const { store } = opened();
    await addStanding(store);
    await store.addAuthorizationCode(makeCode('code'));
    await remove(store);
    expect(await store.findAuthorizationCode('code')).toBeUndefined();
    expect(await store.redeemCode('code', now, family, first)).toBe(false);
    expect(await store.findFamily('family')).toBeUndefined();
  });

  test('T096: a code of somebody locked is worth nothing, even from a session that began while the lock was set', async () => {
    const { store } = opened();
    await addStanding(store);
    await store.lockUser('ada', now);
    await store.addSession(makeSession('late'), null);
    await store.addAuthorizationCode(makeCode('late', { sid: 'late' }));
    expect(await store.redeemCode('late', now, family, first)).toBe(false);
    await store.unlockUser('ada');
    expect(await store.redeemCode('late', now, family, first)).toBe(true);
  });

  test('T085: a code issued while its client is removed is worth nothing', async () => {
    const { store } = opened();
    await addStanding(store);
    await store.removeClient('app');
    await store.addAuthorizationCode(makeCode('late'));
    expect(await store.redeemCode('late', now, family, first)).toBe(false);
  });

  test('a redemption that fails midway leaves the code unspent', async () => {
    const { store } = opened();
    await addStanding(store);
    await startFamily(store, 'taken');
    await store.addAuthorizationCode(makeCode('code'));
    await expect(store.redeemCode('code', now, makeFamily('taken'), first)).rejects.toThrow();
    await expect(store.redeemCode('code', now, family, makeRefreshToken('taken.0'))).rejects.toThrow();
    expect(await store.findAuthorizationCode('code')).toEqual(makeCode('code'));
    expect(await store.findFamily('family')).toBeUndefined();
    expect(await store.redeemCode('code', now, family, first)).toBe(true);
  });
};

const describeRefresh = (opened: () => OpenedStores): void => {
  test('a rotated token is spent, keeps the answer, and its successor is good', async () => {
    const { store, other } = opened();
    await addStanding(store);
    const started = await startFamily(store, 'family');
    expect(await store.findRefreshToken('family.1')).toBeUndefined();
    expect(await rotate(store, 'family.0', 'family.1')).toBe(true);
    expect(await other.store.findRefreshToken('family.0')).toEqual({
      token: makeRefreshToken('family.0', { usedAt: now + 5, answer: 'answer with family.1' }),
      family: started,
    });
    expect(await rotate(other.store, 'family.1', 'family.2')).toBe(true);
    expect((await store.findRefreshToken('family.2'))?.token).toEqual(makeRefreshToken('family.2'));
  });

  test('T080: of 50 rotations of one token at once, over two connections, one wins and one successor lives', async () => {
    const { store } = opened();
    await addStanding(store);
    await startFamily(store, 'family');
    const answers = await race(50, opened(), (node, turn) => rotate(node, 'family.0', `successor-${turn}`));
    expect(countTrue(answers)).toBe(1);
    const live = await Promise.all(answers.map((_, turn) => store.findRefreshToken(`successor-${turn}`)));
    expect(live.map((found) => found !== undefined)).toEqual(answers);
    const winner = `answer with successor-${answers.indexOf(true)}`;
    expect((await store.findRefreshToken('family.0'))?.token.answer).toBe(winner);
  });

  test('T079: a spent token is not rotated again, and a token nobody was given never', async () => {
    const { store } = opened();
    await addStanding(store);
    await startFamily(store, 'family');
    await rotate(store, 'family.0', 'family.1');
    expect(await rotate(store, 'family.0', 'thief')).toBe(false);
    expect(await rotate(store, 'unheard-of', 'thief')).toBe(false);
    expect(await store.findRefreshToken('thief')).toBeUndefined();
  });

  test('T085: a token of an ended family is not rotated and stays unspent', async () => {
    const { store, other } = opened();
    await addStanding(store);
    await startFamily(store, 'family');
    await store.endFamily('family', 'revoked', now);
    expect(await rotate(other.store, 'family.0', 'family.1')).toBe(false);
    expect((await store.findRefreshToken('family.0'))?.token).toEqual(makeRefreshToken('family.0'));
    expect(await store.findRefreshToken('family.1')).toBeUndefined();
  });

  test('T082: a rotation that fails midway leaves the old token good', async () => {
    const { store } = opened();
    await addStanding(store);
    await startFamily(store, 'family');
    await startFamily(store, 'other');
    await expect(rotate(store, 'family.0', 'other.0')).rejects.toThrow();
    expect((await store.findRefreshToken('family.0'))?.token).toEqual(makeRefreshToken('family.0'));
    expect(await rotate(store, 'family.0', 'family.1')).toBe(true);
  });
};

const describeFamilies = (opened: () => OpenedStores): void => {
  test('a family ends once, keeps the first reason, and its end is recorded', async () => {
    const { store } = opened();
    await addStanding(store);
    await startFamily(store, 'family');
    await startFamily(store, 'untouched');
    const answers = await race(10, opened(), (node, turn) => node.endFamily('family', `reason ${turn}`, now + turn));
    expect(countTrue(answers)).toBe(1);
    const winner = answers.indexOf(true);
    expect(await store.findFamily('family')).toMatchObject({ endedAt: now + winner, endReason: `reason ${winner}` });
    expect(await store.findFamily('untouched')).toMatchObject({ endedAt: null, endReason: null });
    expect(await store.endFamily('unheard-of', 'reason', now)).toBe(false);
    const details = { family_id: 'family', reason: `reason ${winner}` };
    expect(await store.listAudit({ type: 'family.ended', limit: 10 })).toMatchObject([
      { at: now + winner, type: 'family.ended', clientId: 'app', sub: 'ada', sid: 'desk', details },
    ]);
  });

  test('T085: a removed client takes its families, codes and consents along', async () => {
    const { store } = opened();
    await addStanding(store);
    await store.addClient(makeClient('shop'));
    await startFamily(store, 'family', { offline: true });
    await startFamily(store, 'shops', { clientId: 'shop' });
    await store.saveConsent(makeConsent());
    await store.saveConsent(makeConsent({ clientId: 'shop' }));
    expect(await store.removeClient('app')).toBe(true);
    expect(await store.findFamily('family')).toMatchObject({ endedAt: now, endReason: 'client_removed' });
    expect(await store.findFamily('shops')).toMatchObject({ endedAt: null });
    expect(await store.findConsent('ada', 'app')).toBeUndefined();
    expect(await store.findConsent('ada', 'shop')).toBeDefined();
    expect(await store.removeClient('app')).toBe(false);
  });
};

const describeDenials = (opened: () => OpenedStores): void => {
  test('a denied token is denied on every node, and denying it again changes nothing', async () => {
    const { store, other } = opened();
    await store.denyToken('jti', now + 600);
    await other.store.denyToken('jti', now + 600);
    expect(await store.isTokenDenied('jti')).toBe(true);
    expect(await other.store.isTokenDenied('jti')).toBe(true);
    expect(await store.isTokenDenied('another')).toBe(false);
  });
};

export const describeTokenStore = (name: string, open: OpenStores): void => {
  describe(`TokenStore: ${name}`, () => {
    let stores: OpenedStores;
    beforeEach(async () => {
      stores = await open(createManualClock(now));
    });
    afterEach(() => stores.close());
    const opened = () => stores;
    describe('authorization codes', () => describeCodes(opened));
    describe('refresh tokens', () => describeRefresh(opened));
    describe('families', () => describeFamilies(opened));
    describe('denied tokens', () => describeDenials(opened));
  });
};
