// The contract of SessionStore: what every store does.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProvedUser } from '../../src/seams/session_store.ts';
import type { User } from '../../src/seams/user_store.ts';
import { createManualClock } from '../manual_clock.ts';
import { describeInteractions } from './interactions.ts';
import { countTrue, type OpenedStores, type OpenStores, race } from './opened_stores.ts';
import {
  addStanding,
  makeClient,
  makeCode,
  makeConsent,
  makeInteraction,
  makeRefreshToken,
  makeSession,
  now,
  startFamily,
} from './records.ts';

const day = 86_400;

const describeSessions = (opened: () => OpenedStores): void => {
  test('a session is found by its hash and by its sid, as added', async () => {
    const { store, other } = opened();
    const session = makeSession('desk', { amr: ['pwd', 'otp'], userAgent: null });
    await store.addSession(session, null);
    expect(await other.store.findSession('hash-of-desk')).toEqual(session);
    expect(await other.store.findSessionBySid('desk')).toEqual(session);
    expect(await store.findSession('desk')).toBeUndefined();
    expect(await store.findSessionBySid('hash-of-desk')).toBeUndefined();
  });

  test('a session past its expiry is still found: whether it is too old is for the caller to judge', async () => {
    const { store } = opened();
    await store.addSession(makeSession('old', { expiresAt: now - 1 }), null);
    expect(await store.findSession('hash-of-old')).toBeDefined();
  });

  test('T096: an ended session is not found again, by no way', async () => {
    const { store, other } = opened();
    await store.addSession(makeSession('desk'), null);
    expect(await store.endSession('desk', now)).toBe(true);
    expect(await other.store.findSession('hash-of-desk')).toBeUndefined();
    expect(await other.store.findSessionBySid('desk')).toBeUndefined();
    expect(await other.store.listSessions('ada')).toEqual([]);
  });

  test('a session ends once, even when two nodes end it', async () => {
    const { store } = opened();
    await store.addSession(makeSession('desk'), null);
    expect(countTrue(await race(10, opened(), (node, turn) => node.endSession('desk', now + turn)))).toBe(1);
    expect(await store.endSession('unheard-of', now)).toBe(false);
  });

  test('what an operator revokes ends once, even when two nodes revoke it: one is told that it did', async () => {
    const { store } = opened();
    await addStanding(store);
    for (const sid of ['phone', 'tablet']) await store.addSession(makeSession(sid), null);
    await startFamily(store, 'family-of-phone', { sid: 'phone', offline: true });
    await store.endSession('phone', now);
    for (const sid of ['desk', 'phone'])
      expect(countTrue(await race(10, opened(), (node, turn) => node.revokeSession(sid, now + turn)))).toBe(1);
    expect(countTrue(await race(10, opened(), (node, turn) => node.revokeSubject('ada', now + turn)))).toBe(1);
  });

  test('T088: a renewed session is found by its new hash alone, and one of two renewals wins', async () => {
    const { store, other } = opened();
    await store.addSession(makeSession('desk'), null);
    const renewed = (turn: number) => makeSession('desk', { sessionHash: `hash-${turn}`, authTime: now + 60 });
    const wins = await race(10, opened(), (node, turn) => node.renewSession('hash-of-desk', renewed(turn), null));
    expect(countTrue(wins)).toBe(1);
    expect(await other.store.findSession('hash-of-desk')).toBeUndefined();
    expect(await other.store.findSession(`hash-${wins.indexOf(true)}`)).toEqual(renewed(wins.indexOf(true)));
    await store.endSession('desk', now + 61);
    expect(await store.renewSession(`hash-${wins.indexOf(true)}`, renewed(99), null)).toBe(false);
  });

  test('T085: a session begins, or goes on, only for who has the same password still, is there and not locked', async () => {
    const { store } = opened();
    await addStanding(store);
    const ada = (await store.findUser('ada')) as User;
    const add = (sid: string, proved: ProvedUser) => store.addSession(makeSession(sid), proved);
    const renew = (proved: ProvedUser) =>
      store.renewSession('hash-of-desk', makeSession('desk', { sessionHash: 'another' }), proved);
    expect(await add('same', ada)).toBe(true);
    expect([await add('gone', { ...ada, sub: 'nobody' }), await renew({ ...ada, sub: 'nobody' })]).toEqual([
      false,
      false,
    ]);
    await store.setPassword('ada', 'new', now, 'desk');
    expect([await add('changed', ada), await renew(ada)]).toEqual([false, false]);
    const changed = (await store.findUser('ada')) as User;
    expect(await renew(changed)).toBe(true);
    await store.lockUser('ada', now);
    expect(await add('locked', changed)).toBe(false);
    expect(await store.listSessions('ada')).toEqual([]);
  });

  test('T085: a session that ends takes its families along, not the offline ones and not those of other sessions', async () => {
    const { store } = opened();
    await addStanding(store);
    await store.addSession(makeSession('phone'), null);
    await startFamily(store, 'bound');
    await startFamily(store, 'offline', { offline: true });
    await startFamily(store, 'elsewhere', { sid: 'phone' });
    await store.endSession('desk', now + 5);
    expect(await store.findFamily('bound')).toMatchObject({ endedAt: now + 5, endReason: 'session_ended' });
    expect(await store.findFamily('offline')).toMatchObject({ endedAt: null, endReason: null });
    expect(await store.findFamily('elsewhere')).toMatchObject({ endedAt: null, endReason: null });
  });

  test('the sessions of one end-user are listed, the newest first', async () => {
    const { store } = opened();
    await store.addSession(makeSession('first', { authTime: now }), null);
    await store.addSession(makeSession('third', { authTime: now + 2 }), null);
    await store.addSession(makeSession('second', { authTime: now + 1 }), null);
    await store.addSession(makeSession('bobs', { sub: 'bob' }), null);
    expect((await store.listSessions('ada')).map(({ sid }) => sid)).toEqual(['third', 'second', 'first']);
  });

  test('being seen moves the last time forward, never back', async () => {
    const { store } = opened();
    await store.addSession(makeSession('desk'), null);
    await store.touchSession('desk', now + 60);
    await store.touchSession('desk', now + 30);
    expect((await store.findSessionBySid('desk'))?.lastSeenAt).toBe(now + 60);
  });

  test('T099: a browser is known to whom signed in there, also after the session ended', async () => {
    const { store } = opened();
    await store.addSession(makeSession('desk', { browserHash: 'firefox' }), null);
    await store.endSession('desk', now);
    expect(await store.isKnownBrowser('ada', 'firefox')).toBe(true);
    expect(await store.isKnownBrowser('ada', 'chromium')).toBe(false);
    expect(await store.isKnownBrowser('bob', 'firefox')).toBe(false);
  });
};

const describeConsent = (opened: () => OpenedStores): void => {
  test('consent adds to what was allowed before, for this end-user and this client alone', async () => {
    const { store } = opened();
    await store.saveConsent(
      makeConsent({
        scope: ['openid', 'email'],
        claims: ['name'],
        resources: ['https://a'],
        resourceScope: ['https://a openid', 'https://a email'],
      }),
    );
    await store.saveConsent(makeConsent({ clientId: 'shop' }));
    await store.saveConsent(
      makeConsent({
        scope: ['profile', 'openid'],
        claims: ['email'],
        resources: ['https://b'],
        resourceScope: ['https://b profile'],
        grantedAt: now + 9,
      }),
    );
    const consent = await store.findConsent('ada', 'app');
    expect([...(consent?.scope ?? [])].sort()).toEqual(['email', 'openid', 'profile']);
    expect([...(consent?.claims ?? [])].sort()).toEqual(['email', 'name']);
    expect([...(consent?.resources ?? [])].sort()).toEqual(['https://a', 'https://b']);
    expect([...(consent?.resourceScope ?? [])].sort()).toEqual([
      'https://a email',
      'https://a openid',
      'https://b profile',
    ]);
    expect(consent?.grantedAt).toBe(now + 9);
    expect(await store.findConsent('ada', 'shop')).toEqual(makeConsent({ clientId: 'shop' }));
    expect(await store.findConsent('bob', 'app')).toBeUndefined();
    expect((await store.listConsents('ada')).map(({ clientId }) => clientId)).toEqual(['app', 'shop']);
  });

  test('of consents given at once on two nodes none is lost', async () => {
    await race(20, opened(), (store, turn) => store.saveConsent(makeConsent({ scope: [`scope-${turn}`] })));
    expect((await opened().store.findConsent('ada', 'app'))?.scope).toHaveLength(20);
  });

  test('T085: withdrawn consent ends the families of the client, offline ones too, and its unspent codes', async () => {
    const { store } = opened();
    await addStanding(store);
    await store.addClient(makeClient('shop'));
    await store.saveConsent(makeConsent());
    await startFamily(store, 'withdrawn', { offline: true });
    await startFamily(store, 'of-another-client', { clientId: 'shop' });
    await store.addAuthorizationCode(makeCode('unspent'));
    expect(await store.withdrawConsent('ada', 'app', now + 5)).toBe(true);
    expect(await store.findConsent('ada', 'app')).toBeUndefined();
    expect(await store.findFamily('withdrawn')).toMatchObject({ endedAt: now + 5, endReason: 'consent_withdrawn' });
    expect(await store.findFamily('of-another-client')).toMatchObject({ endedAt: null });
    expect(await store.findAuthorizationCode('unspent')).toBeUndefined();
    expect(await store.findAuthorizationCode('code-of-withdrawn')).toMatchObject({ usedAt: now });
    expect(await store.withdrawConsent('ada', 'app', now + 5)).toBe(false);
  });

  test('T085: no code is added by consent that is withdrawn, nor left by consent that is withdrawn at the same time', async () => {
    const { store, other } = opened();
    await addStanding(store);
    expect(await store.addAuthorizationCode(makeCode('never'), { consentStands: true })).toBe(false);
    expect(await store.findAuthorizationCode('never')).toBeUndefined();
    for (let turn = 0; turn < 10; turn += 1) {
      await store.saveConsent(makeConsent());
      const [, withdrawn] = await Promise.all([
        store.addAuthorizationCode(makeCode(`code-${turn}`), { consentStands: true }),
        other.store.withdrawConsent('ada', 'app', now + 5),
      ]);
      expect(withdrawn).toBe(true);
      expect(await store.findAuthorizationCode(`code-${turn}`)).toBeUndefined();
    }
    await store.saveConsent(makeConsent());
    expect(await store.addAuthorizationCode(makeCode('code'), { consentStands: true })).toBe(true);
    expect(await store.findAuthorizationCode('code')).toBeDefined();
  });
};

const describeExpiry = (opened: () => OpenedStores): void => {
  test('what expired is deleted, what did not stays', async () => {
    const { store } = opened();
    for (const [name, expiresAt] of [['past', now - 1] as const, ['present', now] as const]) {
      await store.addInteraction(makeInteraction(name, { expiresAt }));
      await store.addAuthorizationCode(makeCode(name, { expiresAt }));
      await store.addSession(makeSession(name, { expiresAt }), null);
    }
    await store.removeExpired(now, now);
    expect(await store.findInteraction('past')).toBeUndefined();
    expect(await store.findAuthorizationCode('past')).toBeUndefined();
    expect(await store.findSessionBySid('past')).toBeUndefined();
    expect(await store.findInteraction('present')).toBeDefined();
    expect(await store.findAuthorizationCode('present')).toBeDefined();
    expect(await store.findSessionBySid('present')).toBeDefined();
  });

  test('a denied token stays denied for a day after its exp: the clock of another node may be behind', async () => {
    const { store } = opened();
    await store.denyToken('jti', now);
    await store.removeExpired(now + day, now);
    expect(await store.isTokenDenied('jti')).toBe(true);
    await store.removeExpired(now + day + 1, now);
    expect(await store.isTokenDenied('jti')).toBe(false);
  });

  test('however much has expired, all of it is deleted', async () => {
    const { store } = opened();
    const names = Array.from({ length: 2500 }, (_, turn) => `interaction-${turn}`);
    await Promise.all(names.map((name) => store.addInteraction(makeInteraction(name, { expiresAt: now - 1 }))));
    await store.removeExpired(now, now);
    const found = await Promise.all(names.map((name) => store.findInteraction(name)));
    expect(found.filter((interaction) => interaction !== undefined)).toEqual([]);
  });

  test('T084: a spent refresh token stays as long as its family, so that its reuse is seen', async () => {
    const { store } = opened();
    await addStanding(store);
    await startFamily(store, 'family', { expiresAt: now + 30 * day });
    const successor = makeRefreshToken('family.1', { expiresAt: now + 60 });
    await store.rotateRefreshToken({ tokenHash: 'family.0', usedAt: now, answer: 'sealed', successor });
    await store.removeExpired(now + 30 * day, now + 1);
    const found = await store.findRefreshToken('family.0');
    expect(found?.token.usedAt).toBe(now);
    expect(found?.token.answer).toBeNull();
    // The access tokens it gave last may be revoked for a day more.
    await store.removeExpired(now + 31 * day + 1, now + 30 * day + 1);
    expect(await store.findFamily('family')).toBeUndefined();
    // It could not start anew if a token of it were left.
    await store.addSession(makeSession('desk'), null);
    await startFamily(store, 'family');
    expect(await store.findRefreshToken('family.0')).toMatchObject({ token: { usedAt: null } });
    expect(await store.findRefreshToken('family.1')).toBeUndefined();
  });

  test('T084: a spent refresh token that tells its family goes with the last access token it gave; what is unspent stays', async () => {
    const { store } = opened();
    await addStanding(store);
    await startFamily(store, 'family', { expiresAt: now + 30 * day });
    const tellsFamily = true;
    const rotate = (from: string, to: string, usedAt: number) =>
      store.rotateRefreshToken({
        ...{ tokenHash: from, usedAt, answer: 'sealed' },
        successor: makeRefreshToken(to, { familyId: 'family', tellsFamily }),
      });
    await rotate('family.0', 'first', now);
    await rotate('first', 'second', now);
    await rotate('second', 'third', now + 1);
    await store.removeExpired(now, now);
    expect(await store.findRefreshToken('first')).toMatchObject({ token: { answer: 'sealed', tellsFamily } });
    await store.removeExpired(now, now + 1);
    expect(await store.findRefreshToken('first')).toBeUndefined();
    expect(await store.findRefreshToken('family.0')).toMatchObject({ token: { tellsFamily: false, usedAt: now } });
    expect(await store.findRefreshToken('second')).toMatchObject({ token: { usedAt: now + 1 } });
    await store.removeExpired(now + day, now + day);
    expect(await store.findRefreshToken('second')).toBeUndefined();
    expect(await store.findRefreshToken('third')).toMatchObject({ token: { usedAt: null } });
  });

  test('T068: a spent code stays as long as its family, so that its reuse is seen; an unspent one goes when it expires', async () => {
    const { store } = opened();
    await addStanding(store);
    await startFamily(store, 'family', { expiresAt: now + 30 * day });
    await startFamily(store, 'ended', { expiresAt: now + 30 * day });
    await store.addAuthorizationCode(makeCode('unspent', { expiresAt: now + 60 }));
    await store.endFamily('ended', 'revoked', now);
    await store.removeExpired(now + 3600, now);
    expect(await store.findAuthorizationCode('unspent')).toBeUndefined();
    expect(await store.findAuthorizationCode('code-of-family')).toMatchObject({ usedAt: now, familyId: 'family' });
    expect(await store.findAuthorizationCode('code-of-ended')).toMatchObject({ usedAt: now, familyId: 'ended' });
    await store.removeExpired(now + 31 * day, now + 30 * day + 1);
    expect(await store.findAuthorizationCode('code-of-family')).toBeDefined();
    expect(await store.findAuthorizationCode('code-of-ended')).toBeUndefined();
    await store.removeExpired(now + 31 * day + 1, now + 30 * day + 1);
    expect(await store.findAuthorizationCode('code-of-family')).toBeUndefined();
  });

  test('T085: a family that expired stays while a token of it is accepted, so that whoever ends it finds it', async () => {
    const { store } = opened();
    await addStanding(store);
    await startFamily(store, 'family', { expiresAt: now + 30 * day });
    await store.removeExpired(now + 37 * day, now + 30 * day);
    await store.lockUser('ada', now + 37 * day);
    expect((await store.readRevocations(0, 0)).marks).toMatchObject([{ kind: 'family_id', value: 'family' }]);
  });

  test('T081: the answer of a spent token outlives any retry window', async () => {
    const { store } = opened();
    await addStanding(store);
    await startFamily(store, 'family');
    const successor = makeRefreshToken('family.1');
    await store.rotateRefreshToken({ tokenHash: 'family.0', usedAt: now, answer: 'sealed', successor });
    await store.removeExpired(now + 3600, now);
    expect((await store.findRefreshToken('family.0'))?.token.answer).toBe('sealed');
  });

  test('an ended family goes before its time, with its tokens; a live one stays', async () => {
    const { store } = opened();
    await addStanding(store);
    await startFamily(store, 'ended');
    await startFamily(store, 'live');
    await store.endFamily('ended', 'revoked', now);
    await store.removeExpired(now + 3600, now);
    expect(await store.findRefreshToken('ended.0')).toMatchObject({ family: { endReason: 'revoked' } });
    await store.removeExpired(now + 2 * day, now);
    expect(await store.findFamily('ended')).toBeUndefined();
    expect(await store.findRefreshToken('live.0')).toBeDefined();
    // It could not start anew if a token of it were left.
    await store.addSession(makeSession('desk'), null);
    await startFamily(store, 'ended');
  });
};

export const describeSessionStore = (name: string, open: OpenStores): void => {
  describe(`SessionStore: ${name}`, () => {
    let stores: OpenedStores;
    beforeEach(async () => {
      stores = await open(createManualClock(now));
    });
    afterEach(() => stores.close());
    const opened = () => stores;
    describe('sessions', () => describeSessions(opened));
    describe('interactions', () => describeInteractions(opened));
    describe('consent', () => describeConsent(opened));
    describe('expiry', () => describeExpiry(opened));
  });
};
