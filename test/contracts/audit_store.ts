// The contract of AuditStore: what every store does.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditEvent, AuditFilter } from '../../src/seams/audit_store.ts';
import type { Store } from '../../src/seams/store.ts';
import { createManualClock } from '../manual_clock.ts';
import { countTrue, type OpenedStores, type OpenStores, race } from './opened_stores.ts';
import {
  addStanding,
  makeAuditEvent,
  makeClient,
  makeConsent,
  makeResource,
  makeSession,
  makeUser,
  now,
  startFamily,
} from './records.ts';

type RecordedVerb = readonly [name: string, perform: (store: Store, event: AuditEvent) => Promise<unknown>];

const resource = 'https://api.example.com';

/** Each does something to what addStanding made, once: again there is nothing left to do. */
const onceOnly: readonly RecordedVerb[] = [
  ['addUser', (store, event) => store.addUser(makeUser('bob'), event)],
  ['removeUser', (store, event) => store.removeUser('ada', now, event)],
  ['addClient', (store, event) => store.addClient(makeClient('shop'), event)],
  ['removeClient', (store, event) => store.removeClient('app', event)],
  ['addResource', (store, event) => store.addResource(makeResource('https://new.example.com'), event)],
  ['removeResource', (store, event) => store.removeResource(resource, event)],
  ['endSession', (store, event) => store.endSession('desk', now, event)],
  ['revokeSession', (store, event) => store.revokeSession('desk', now, event)],
  ['revokeSubject', (store, event) => store.revokeSubject('ada', now, event)],
  ['denyToken', (store, event) => store.denyToken('jti', now + 60, null, event)],
  ['renewSession', (store, event) => store.renewSession('hash-of-desk', renewed, null, event)],
];

const renewed = makeSession('desk', { sessionHash: 'another' });
const proved = { sub: 'ada', passwordChangedAt: now };
const outdated = { sub: 'ada', passwordChangedAt: now - 1 };

const performed: readonly RecordedVerb[] = [
  ...onceOnly,
  ['updateUser', (store, event) => store.updateUser('ada', { roles: [] }, now, event)],
  ['setPassword', (store, event) => store.setPassword('ada', 'hash', now, null, event)],
  ['lockUser', (store, event) => store.lockUser('ada', now, event)],
  ['unlockUser', (store, event) => store.unlockUser('ada', event)],
  ['rotateClientSecret', (store, event) => store.rotateClientSecret('confidential', 'hash', now, event)],
  ['revokeClient', (store, event) => store.revokeClient('app', now, event)],
  ['addSession', (store, event) => store.addSession(makeSession('phone'), proved, event)],
  ['saveConsent', (store, event) => store.saveConsent(makeConsent(), event)],
];

const refused: readonly RecordedVerb[] = [
  ['addUser', (store, event) => store.addUser(makeUser('ada'), event)],
  ['updateUser', (store, event) => store.updateUser('nobody', { roles: [] }, now, event)],
  ['setPassword', (store, event) => store.setPassword('nobody', 'hash', now, null, event)],
  ['setPassword', (store, event) => store.setPassword('ada', 'hash', now, 'no session', event)],
  ['lockUser', (store, event) => store.lockUser('nobody', now, event)],
  ['unlockUser', (store, event) => store.unlockUser('nobody', event)],
  ['removeUser', (store, event) => store.removeUser('nobody', now, event)],
  ['addClient', (store, event) => store.addClient(makeClient('app'), event)],
  ['rotateClientSecret', (store, event) => store.rotateClientSecret('app', 'hash', now, event)],
  ['removeClient', (store, event) => store.removeClient('nothing', event)],
  ['revokeClient', (store, event) => store.revokeClient('nothing', now, event)],
  ['addResource', (store, event) => store.addResource(makeResource(resource), event)],
  ['removeResource', (store, event) => store.removeResource('https://nothing.example.com', event)],
  ['addSession', (store, event) => store.addSession(makeSession('phone'), outdated, event)],
  ['renewSession', (store, event) => store.renewSession('no hash', renewed, proved, event)],
  ['renewSession', (store, event) => store.renewSession('hash-of-desk', renewed, outdated, event)],
  ['endSession', (store, event) => store.endSession('nothing', now, event)],
  ['revokeSession', (store, event) => store.revokeSession('nothing', now, event)],
  ['revokeSubject', (store, event) => store.revokeSubject('nobody', now, event)],
];

const describeRecordedVerbs = (opened: () => OpenedStores): void => {
  const event = makeAuditEvent('what.was.done', { sub: 'operator' });
  const recorded = async () => (await opened().store.listAudit({ type: event.type, limit: 20 })).map(without);
  const without = ({ id: _, ...kept }: AuditEvent & { readonly id: number }): AuditEvent => kept;
  beforeEach(async () => {
    const { store } = opened();
    await addStanding(store);
    await store.addClient(makeClient('confidential', { clientSecretSha256: 'hash' }));
    await store.addResource(makeResource(resource));
  });

  test.each(performed)('%s is recorded with what it did', async (_, perform) => {
    await perform(opened().store, event);
    expect(await recorded()).toEqual([event]);
  });

  test.each(refused)('%s that does nothing records nothing', async (_, perform) => {
    expect(await perform(opened().store, event)).toBe(false);
    expect(await recorded()).toEqual([]);
  });

  test.each(onceOnly)('%s on two nodes at once is recorded once', async (_, perform) => {
    await race(6, opened(), (store) => perform(store, event));
    expect(await recorded()).toEqual([event]);
  });

  test('a family and a withdrawn consent are recorded by themselves, once', async () => {
    const { store } = opened();
    await startFamily(store, 'family');
    const started = await store.listAudit({ type: 'family.started', limit: 2 });
    const details = { family_id: 'family' };
    expect(started).toMatchObject([{ at: now, sub: 'ada', clientId: 'app', sid: 'desk', address: null, details }]);
    await store.saveConsent(makeConsent());
    const withdrawals = await race(6, opened(), (node) => node.withdrawConsent('ada', 'app', now + 1));
    expect(countTrue(withdrawals)).toBe(1);
    const withdrawn = await store.listAudit({ type: 'consent.withdrawn', limit: 2 });
    expect(withdrawn).toMatchObject([{ at: now + 1, sub: 'ada', clientId: 'app', sid: null, details: {} }]);
  });
};

export const describeAuditStore = (name: string, open: OpenStores): void => {
  describe(`AuditStore: ${name}`, () => {
    let stores: OpenedStores;
    beforeEach(async () => {
      stores = await open(createManualClock(now));
    });
    afterEach(() => stores.close());

    const typesOf = async (filter: AuditFilter) => (await stores.store.listAudit(filter)).map(({ type }) => type);

    test('events come back as appended, the newest first', async () => {
      const bare = { sub: null, clientId: null, sid: null, address: null, details: {} };
      await stores.store.appendAudit(makeAuditEvent('first'));
      await stores.other.store.appendAudit(makeAuditEvent('second', bare));
      const [second, first, ...none] = await stores.store.listAudit({ limit: 10 });
      expect(first).toEqual({ ...makeAuditEvent('first'), id: first?.id });
      expect(second).toEqual({ ...makeAuditEvent('second', bare), id: second?.id });
      expect(Number(second?.id)).toBeGreaterThan(Number(first?.id));
      expect(none).toEqual([]);
    });

    test('events are told apart by type, end-user, client and time, and by all of these at once', async () => {
      const { store } = stores;
      await store.appendAudit(makeAuditEvent('a', { sub: 'ada', clientId: 'app', at: now }));
      await store.appendAudit(makeAuditEvent('b', { sub: 'bob', clientId: 'app', at: now + 1 }));
      await store.appendAudit(makeAuditEvent('c', { sub: 'ada', clientId: 'shop', at: now + 2 }));
      await store.appendAudit(makeAuditEvent('c', { sub: 'bob', clientId: 'shop', at: now + 3 }));
      expect(await typesOf({ limit: 10 })).toEqual(['c', 'c', 'b', 'a']);
      expect(await typesOf({ type: 'a', limit: 10 })).toEqual(['a']);
      expect(await typesOf({ sub: 'ada', limit: 10 })).toEqual(['c', 'a']);
      expect(await typesOf({ clientId: 'app', limit: 10 })).toEqual(['b', 'a']);
      expect(await typesOf({ since: now + 1, limit: 10 })).toEqual(['c', 'c', 'b']);
      expect(await typesOf({ type: 'c', sub: 'bob', clientId: 'shop', since: now + 3, limit: 10 })).toEqual(['c']);
      expect(await typesOf({ type: 'a', sub: 'bob', limit: 10 })).toEqual([]);
    });

    test('no more events than asked for, and of those the newest', async () => {
      for (const type of ['first', 'second', 'third']) await stores.store.appendAudit(makeAuditEvent(type));
      expect(await typesOf({ limit: 2 })).toEqual(['third', 'second']);
    });

    test('what is older than asked for goes, of the types that are named, however much it is', async () => {
      const { store } = stores;
      await store.appendAudit(makeAuditEvent('client.added', { at: now - 2 }));
      // By a clock that was ahead.
      await store.appendAudit(makeAuditEvent('sign_in.failed', { at: now + 1 }));
      for (let turn = 0; turn < 1100; turn += 1)
        await store.appendAudit(makeAuditEvent('sign_in.failed', { at: now - 1 }));
      await store.appendAudit(makeAuditEvent('sign_in.succeeded', { at: now }));
      await store.appendAudit(makeAuditEvent('session.ended', { at: now - 1 }));
      await store.removeAudit(['sign_in.failed', 'sign_in.succeeded'], now);
      expect(await typesOf({ limit: 10 })).toEqual([
        'session.ended',
        'sign_in.succeeded',
        'sign_in.failed',
        'client.added',
      ]);
      await store.removeAudit(['sign_in.failed', 'sign_in.succeeded'], now + 2);
      expect(await typesOf({ limit: 10 })).toEqual(['session.ended', 'client.added']);
    });

    test('of events on two nodes at once none is lost and each has its own id', async () => {
      await race(50, stores, (store, turn) => store.appendAudit(makeAuditEvent(`event-${turn}`)));
      const events = await stores.store.listAudit({ limit: 100 });
      expect(new Set(events.map(({ id }) => id)).size).toBe(50);
      expect(new Set(events.map(({ type }) => type)).size).toBe(50);
    });

    test('T124 T126: whatever stands in an event is text', async () => {
      const hostile = `'); DROP TABLE audit_event; --\r\n\u001b[2J\u0000{"a":1}`;
      await stores.store.appendAudit(makeAuditEvent(hostile, { sub: hostile, details: { userAgent: hostile } }));
      const [event] = await stores.store.listAudit({ type: hostile, sub: hostile, limit: 1 });
      expect(event?.details).toEqual({ userAgent: hostile });
    });

    describe('with what is done', () => describeRecordedVerbs(() => stores));
  });
};
