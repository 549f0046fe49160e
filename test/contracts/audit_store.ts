// The contract of AuditStore: what every store does.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditFilter } from '../../src/seams/audit_store.ts';
import { createManualClock, type OpenedStores, type OpenStores, race } from './opened_stores.ts';
import { makeAuditEvent, now } from './records.ts';

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
  });
};
