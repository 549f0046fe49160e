// The contract of UserStore: what every store does.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/seams/store.ts';
import { createManualClock } from '../manual_clock.ts';
import { countTrue, type OpenedStores, type OpenStores, race } from './opened_stores.ts';
import {
  addStanding,
  makeAuditEvent,
  makeClient,
  makeCode,
  makeConsent,
  makeSession,
  makeUser,
  now,
  startFamily,
} from './records.ts';

const liveSids = async (store: Store, sub: string): Promise<readonly string[]> =>
  (await store.listSessions(sub)).map(({ sid }) => sid).sort();

const endOf = async (store: Store, familyId: string) => {
  const family = await store.findFamily(familyId);
  return { endedAt: family?.endedAt, endReason: family?.endReason };
};

const standing = { endedAt: null, endReason: null };

/** Beside ada with three sessions and two families: bob, whom nothing of hers concerns. */
const addPeople = async (store: Store): Promise<void> => {
  await addStanding(store);
  await store.addSession(makeSession('phone'), null);
  await store.addSession(makeSession('sofa'), null);
  await startFamily(store, 'bound');
  await startFamily(store, 'offline', { offline: true });
  await store.addUser(makeUser('bob'));
  await store.addSession(makeSession('bobs', { sub: 'bob' }), null);
  await startFamily(store, 'bobs-family', { sub: 'bob', sid: 'bobs' });
};

const describeRegister = (opened: () => OpenedStores): void => {
  test('a user is found by subject, by username and by e-mail address, as added', async () => {
    const { store, other } = opened();
    const user = makeUser('ada', { username: 'ada', email: 'ada@example.com' });
    expect(await store.addUser(user)).toBe(true);
    expect(await other.store.findUser('ada')).toEqual(user);
    expect(await other.store.findUserByLogin('ada')).toEqual(user);
    expect(await other.store.findUserByLogin('ada@example.com')).toEqual(user);
    expect(await store.findUserByLogin('adam')).toBeUndefined();
    expect(await store.findUser('adam')).toBeUndefined();
  });

  test('a user may have no e-mail address and no password, and so may the next', async () => {
    const { store } = opened();
    const bare = { email: null, passwordHash: null, passwordChangedAt: null };
    expect(await store.addUser(makeUser('ada', bare))).toBe(true);
    expect(await store.addUser(makeUser('bob', bare))).toBe(true);
    expect(await store.findUser('bob')).toEqual(makeUser('bob', bare));
  });

  test('whether there is any user is known without a list of them', async () => {
    const { store } = opened();
    expect(await store.hasUsers()).toBe(false);
    await store.addUser(makeUser('ada'));
    await store.addUser(makeUser('bob'));
    expect(await store.hasUsers()).toBe(true);
  });

  test('users are listed by username', async () => {
    const { store } = opened();
    for (const username of ['mia', 'zoe', 'eve']) await store.addUser(makeUser(username, { username }));
    const listed = async (after: string, most: number) =>
      (await store.listUsers(after, most)).map(({ username }) => username);
    expect(await listed('', 10)).toEqual(['eve', 'mia', 'zoe']);
    expect(await listed('', 2)).toEqual(['eve', 'mia']);
    expect(await listed('mia', 2)).toEqual(['zoe']);
    expect(await listed('nobody', 10)).toEqual(['zoe']);
    expect(await listed('zoe', 10)).toEqual([]);
  });

  test.each([
    ['username', { username: 'ada', email: 'other@example.com' }],
    ['e-mail address', { username: 'other', email: 'ada@example.com' }],
    ['e-mail address, now meant as a username,', { username: 'ada@example.com', email: null }],
    ['username, now meant as an e-mail address,', { username: 'other', email: 'ada' }],
  ])('T104: a taken %s is refused and nothing changes', async (_, overrides) => {
    const { store } = opened();
    const ada = makeUser('ada', { username: 'ada', email: 'ada@example.com' });
    await store.addUser(ada);
    expect(await store.addUser(makeUser('eve', overrides))).toBe(false);
    expect(await store.listUsers('', 10)).toEqual([ada]);
  });

  test('of racing sign-ups for one username one wins', async () => {
    const answers = await race(20, opened(), (store, turn) =>
      store.addUser(makeUser(`racer-${turn}`, { username: 'wanted' })),
    );
    expect(countTrue(answers)).toBe(1);
    expect(await opened().store.listUsers('', 10)).toHaveLength(1);
  });
};

const describeChanges = (opened: () => OpenedStores): void => {
  test('what is named is replaced, the rest stays, and the time of the change is kept', async () => {
    const { store, other } = opened();
    const ada = makeUser('ada');
    await store.addUser(ada);
    const changes = { claims: { nickname: 'Countess' }, roles: [] };
    expect(await store.updateUser('ada', changes, now + 5)).toBe(true);
    expect(await other.store.findUser('ada')).toEqual({ ...ada, ...changes, updatedAt: now + 5 });
    expect(await store.updateUser('ada', { email: 'a@example.org', emailVerified: false }, now + 6)).toBe(true);
    expect(await store.findUserByLogin('a@example.org')).toMatchObject({ sub: 'ada', emailVerified: false });
    expect(await store.findUserByLogin('ada@example.com')).toBeUndefined();
    expect(await store.updateUser('ada', { email: null }, now + 7)).toBe(true);
    expect((await store.findUser('ada'))?.email).toBeNull();
  });

  test('a change ends no session and no family', async () => {
    const { store } = opened();
    await addPeople(store);
    await store.updateUser('ada', { roles: ['reader'] }, now + 5);
    expect(await liveSids(store, 'ada')).toEqual(['desk', 'phone', 'sofa']);
    expect(await endOf(store, 'bound')).toEqual(standing);
  });

  test.each([
    ['e-mail address', 'bob@example.com'],
    ['username', 'user-bob'],
  ])("T104: another's %s is refused as an e-mail address, and nothing changes", async (_, email) => {
    const { store } = opened();
    await store.addUser(makeUser('ada'));
    await store.addUser(makeUser('bob'));
    expect(await store.updateUser('ada', { email, roles: [] }, now + 5)).toBe(false);
    expect(await store.findUser('ada')).toEqual(makeUser('ada'));
  });

  test("one's own e-mail address is not taken, and nobody is not changed", async () => {
    const { store } = opened();
    await store.addUser(makeUser('ada'));
    expect(await store.updateUser('ada', { email: 'ada@example.com', emailVerified: false }, now)).toBe(true);
    expect(await store.updateUser('nobody', { roles: [] }, now)).toBe(false);
  });

  test('of racing changes to one e-mail address one wins', async () => {
    const { store } = opened();
    for (let turn = 0; turn < 10; turn += 1) await store.addUser(makeUser(`racer-${turn}`));
    const answers = await race(10, opened(), (racing, turn) =>
      racing.updateUser(`racer-${turn}`, { email: 'wanted@example.com' }, now),
    );
    expect(countTrue(answers)).toBe(1);
  });
};

const describePersonalData = (opened: () => OpenedStores): void => {
  test("all of one user's, ended too, and nothing of another's", async () => {
    const { store } = opened();
    await addPeople(store);
    await store.saveConsent(makeConsent());
    await store.saveConsent(makeConsent({ sub: 'bob' }));
    await store.endSession('desk', now + 1);
    const events = [makeAuditEvent('sign_in.succeeded'), makeAuditEvent('session.ended')];
    for (const event of events) await store.appendAudit(event);
    await store.appendAudit(makeAuditEvent('sign_in.succeeded', { sub: 'bob' }));
    const data = await store.readPersonalData('ada');
    expect(data?.user).toEqual(makeUser('ada'));
    expect(data?.sessions.map(({ sid, endedAt }) => [sid, endedAt]).sort()).toEqual([
      ['desk', now + 1],
      ['phone', null],
      ['sofa', null],
    ]);
    expect(data?.consents).toEqual([makeConsent()]);
    expect(data?.families.map(({ familyId }) => familyId).sort()).toEqual(['bound', 'offline']);
    const ofFamilies = ['family.started', 'family.started', 'family.ended'];
    expect(data?.auditEvents.slice(0, -2).map(({ type }) => type)).toEqual(ofFamilies);
    expect(data?.auditEvents.slice(-2)).toEqual(events);
    expect(await store.readPersonalData('nobody')).toBeUndefined();
  });
};

const describePasswords = (opened: () => OpenedStores): void => {
  test('T085: a new password ends every session but the one kept, and every family, offline ones too', async () => {
    const { store } = opened();
    await addPeople(store);
    expect(await store.setPassword('ada', 'new hash', now + 5, 'phone')).toBe(true);
    expect(await store.findUser('ada')).toMatchObject({ passwordHash: 'new hash', passwordChangedAt: now + 5 });
    expect(await liveSids(store, 'ada')).toEqual(['phone']);
    const ended = { endedAt: now + 5, endReason: 'password_changed' };
    expect(await endOf(store, 'bound')).toEqual(ended);
    expect(await endOf(store, 'offline')).toEqual(ended);
    expect(await liveSids(store, 'bob')).toEqual(['bobs']);
    expect(await endOf(store, 'bobs-family')).toEqual(standing);
  });

  test('T085: a new password with no session to keep ends all of them', async () => {
    const { store } = opened();
    await addPeople(store);
    await store.setPassword('ada', 'new hash', now + 5, null);
    expect(await liveSids(store, 'ada')).toEqual([]);
    expect(await store.findSession('hash-of-desk')).toBeUndefined();
  });

  test('T085: a new password in a session that ended, or in that of another, is not set', async () => {
    const { store } = opened();
    await addPeople(store);
    await store.endSession('phone', now);
    const before = await store.findUser('ada');
    for (const sid of ['phone', 'bobs', 'unheard-of'])
      expect(await store.setPassword('ada', 'new hash', now + 5, sid)).toBe(false);
    expect(await store.findUser('ada')).toEqual(before);
    expect(await liveSids(store, 'ada')).toEqual(['desk', 'sofa']);
  });

  test('T085: a new password that another was proved for is not set once that was changed', async () => {
    const { store } = opened();
    await addPeople(store);
    const proved = (await store.findUser('ada')) ?? 'nobody';
    expect(await store.setPassword(proved, 'first', now, 'phone')).toBe(true);
    expect(await store.setPassword(proved, 'second', now, 'phone')).toBe(false);
    expect(await store.findUser('ada')).toMatchObject({ passwordHash: 'first' });
    const anew = (await store.findUser('ada')) ?? 'nobody';
    expect(await store.setPassword(anew, 'third', now, 'phone')).toBe(true);
  });

  test('no two passwords have the same instant, also when they are set in one second', async () => {
    const { store } = opened();
    await store.addUser(makeUser('ada', { passwordChangedAt: null }));
    for (const later of [0, 1, 2]) {
      await store.setPassword('ada', `hash ${later}`, now, null);
      expect((await store.findUser('ada'))?.passwordChangedAt).toBe(now + later);
    }
  });

  test('a password is not set for nobody', async () => {
    expect(await opened().store.setPassword('nobody', 'new hash', now, null)).toBe(false);
  });

  test('T108: a rehash replaces the hash it was made from and ends nothing', async () => {
    const { store } = opened();
    await addPeople(store);
    const before = await store.findUser('ada');
    await store.rehashPassword('ada', String(before?.passwordHash), 'stronger');
    expect(await store.findUser('ada')).toEqual({ ...before, passwordHash: 'stronger' });
    expect(await liveSids(store, 'ada')).toEqual(['desk', 'phone', 'sofa']);
  });

  test('T108: a rehash that comes after a new password is dropped', async () => {
    const { store } = opened();
    await store.addUser(makeUser('ada', { passwordHash: 'old' }));
    await store.setPassword('ada', 'new', now, null);
    await store.rehashPassword('ada', 'old', 'old, stronger');
    expect((await store.findUser('ada'))?.passwordHash).toBe('new');
  });
};

const describeLocks = (opened: () => OpenedStores): void => {
  test('T085 T096: a lock ends sessions and families; unlocking revives none of them', async () => {
    const { store } = opened();
    await addPeople(store);
    expect(await store.lockUser('ada', now + 5)).toBe(true);
    expect((await store.findUser('ada'))?.lockedAt).toBe(now + 5);
    expect(await liveSids(store, 'ada')).toEqual([]);
    expect(await endOf(store, 'bound')).toEqual({ endedAt: now + 5, endReason: 'user_locked' });
    expect(await endOf(store, 'offline')).toEqual({ endedAt: now + 5, endReason: 'user_locked' });
    expect(await liveSids(store, 'bob')).toEqual(['bobs']);
    expect(await store.unlockUser('ada')).toBe(true);
    expect((await store.findUser('ada'))?.lockedAt).toBeNull();
    expect(await liveSids(store, 'ada')).toEqual([]);
  });

  test('a second lock keeps the time of the first', async () => {
    const { store } = opened();
    await store.addUser(makeUser('ada'));
    await store.lockUser('ada', now);
    expect(await store.lockUser('ada', now + 60)).toBe(true);
    expect((await store.findUser('ada'))?.lockedAt).toBe(now);
  });

  test('nobody is neither locked nor unlocked', async () => {
    const { store } = opened();
    expect(await store.lockUser('nobody', now)).toBe(false);
    expect(await store.unlockUser('nobody')).toBe(false);
  });
};

const describeRemoval = (opened: () => OpenedStores): void => {
  test('T085: a removed user leaves nothing personal behind', async () => {
    const { store } = opened();
    await addPeople(store);
    await store.addAuthorizationCode(makeCode('unspent'));
    await store.saveConsent(makeConsent());
    await store.appendAudit(makeAuditEvent('sign_in.succeeded'));
    expect(await store.removeUser('ada', now)).toBe(true);
    expect(await store.findUser('ada')).toBeUndefined();
    expect(await store.findUserByLogin('user-ada')).toBeUndefined();
    expect(await store.listSessions('ada')).toEqual([]);
    expect(await store.isKnownBrowser('ada', 'browser')).toBe(false);
    expect(await store.listConsents('ada')).toEqual([]);
    expect(await store.findAuthorizationCode('unspent')).toBeUndefined();
    expect(await store.findFamily('bound')).toBeUndefined();
    expect(await store.findRefreshToken('offline.0')).toBeUndefined();
    const left = await store.listAudit({ sub: 'ada', limit: 10 });
    expect(left.map(({ address }) => address)).toEqual(left.map(() => null));
    expect(left).toMatchObject([
      { type: 'family.ended', details: { reason: 'user_removed' } },
      { type: 'family.ended', details: { reason: 'user_removed' } },
      { type: 'sign_in.succeeded' },
      { type: 'family.started' },
      { type: 'family.started' },
    ]);
  });

  test("a removed user takes nothing of another's away", async () => {
    const { store } = opened();
    await addPeople(store);
    await store.addClient(makeClient('other'));
    await store.saveConsent(makeConsent({ sub: 'bob' }));
    await store.appendAudit(makeAuditEvent('sign_in.succeeded', { sub: 'bob' }));
    await store.removeUser('ada', now);
    expect(await store.findUser('bob')).toEqual(makeUser('bob'));
    expect(await liveSids(store, 'bob')).toEqual(['bobs']);
    expect(await store.findRefreshToken('bobs-family.0')).toBeDefined();
    expect(await store.findConsent('bob', 'app')).toBeDefined();
    const [kept] = await store.listAudit({ type: 'sign_in.succeeded', sub: 'bob', limit: 1 });
    expect(kept).toMatchObject({ address: '192.0.2.1' });
  });

  test('a removed user is gone once, and the username is free again', async () => {
    const { store } = opened();
    await store.addUser(makeUser('ada', { username: 'ada' }));
    expect(await store.removeUser('ada', now)).toBe(true);
    expect(await store.removeUser('ada', now)).toBe(false);
    expect(await store.addUser(makeUser('ada-2', { username: 'ada' }))).toBe(true);
  });
};

export const describeUserStore = (name: string, open: OpenStores): void => {
  describe(`UserStore: ${name}`, () => {
    let stores: OpenedStores;
    beforeEach(async () => {
      stores = await open(createManualClock(now));
    });
    afterEach(() => stores.close());
    const opened = () => stores;
    describe('users', () => describeRegister(opened));
    describe('changes', () => describeChanges(opened));
    describe('personal data', () => describePersonalData(opened));
    describe('passwords', () => describePasswords(opened));
    describe('locks', () => describeLocks(opened));
    describe('removal', () => describeRemoval(opened));
  });
};
