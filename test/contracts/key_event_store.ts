// The contract of KeyEventStore: what every store does.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LoggedEvent, StoredKeyEvent } from '../../src/seams/key_event_store.ts';
import { createManualClock } from '../manual_clock.ts';
import { countTrue, type OpenedStores, type OpenStores, race } from './opened_stores.ts';
import { now } from './records.ts';

const eventAt = (seq: number, overrides: Partial<StoredKeyEvent> = {}): StoredKeyEvent => ({
  seq,
  kid: `kid-${seq}`,
  event: 'published',
  jws: `header.${seq}.signature`,
  ...overrides,
});

export const describeKeyEventStore = (name: string, open: OpenStores): void => {
  describe(`KeyEventStore: ${name}`, () => {
    let stores: OpenedStores;
    beforeEach(async () => {
      stores = await open(createManualClock(now));
    });
    afterEach(() => stores.close());

    const all = () => stores.other.store.readKeyEvents(0);

    test('a new database has none', async () => {
      expect(await all()).toEqual([]);
    });

    test('entries come back as appended, in order, and from any place on', async () => {
      const { store } = stores;
      expect(await store.appendKeyEvents([eventAt(0), eventAt(1)])).toBe(true);
      expect(await store.appendKeyEvents([eventAt(2, { kid: 'kid-0', event: 'activated' })])).toBe(true);
      const entries = await all();
      expect(entries).toEqual([eventAt(0), eventAt(1), eventAt(2, { kid: 'kid-0', event: 'activated' })]);
      expect(await store.readKeyEvents(1)).toEqual(entries.slice(1));
      expect(await store.readKeyEvents(3)).toEqual([]);
    });

    test('a place that is taken takes no other entry, and none of those appended with it', async () => {
      await stores.store.appendKeyEvents([eventAt(0)]);
      expect(await stores.other.store.appendKeyEvents([eventAt(0, { kid: 'other' }), eventAt(1)])).toBe(false);
      expect(await stores.other.store.appendKeyEvents([eventAt(1), eventAt(0, { kid: 'other' })])).toBe(false);
      expect(await all()).toEqual([eventAt(0)]);
    });

    test.each<LoggedEvent>(['published', 'activated', 'revoked', 'retired', 'removed'])(
      '%s is told of a key once',
      async (event) => {
        await stores.store.appendKeyEvents([eventAt(0, { kid: 'kid', event })]);
        expect(await stores.other.store.appendKeyEvents([eventAt(1, { kid: 'kid', event })])).toBe(false);
        expect(await stores.other.store.appendKeyEvents([eventAt(1, { kid: 'another', event })])).toBe(true);
      },
    );

    test('of nodes that append at the same place one does, with all it appends', async () => {
      const batch = (turn: number) => [0, 1, 2].map((seq) => eventAt(seq, { kid: `node-${turn}-${seq}` }));
      const answers = await race(20, stores, (store, turn) => store.appendKeyEvents(batch(turn)));
      expect(countTrue(answers)).toBe(1);
      expect(await all()).toEqual(batch(answers.indexOf(true)));
    });
  });
};
