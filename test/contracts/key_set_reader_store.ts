// The contract of KeySetReaderStore: what every store does.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KeySetReader } from '../../src/seams/key_set_reader_store.ts';
import { createManualClock } from '../manual_clock.ts';
import { type OpenedStores, type OpenStores, race } from './opened_stores.ts';
import { now } from './records.ts';

const day = 86_400;

const read = (reader: string, overrides: Partial<KeySetReader> = {}): KeySetReader => ({
  reader,
  kid: 'kid',
  fetches: 1,
  firstAt: now,
  lastAt: now,
  ...overrides,
});

export const describeKeySetReaderStore = (name: string, open: OpenStores): void => {
  describe(`KeySetReaderStore: ${name}`, () => {
    let stores: OpenedStores;
    beforeEach(async () => {
      stores = await open(createManualClock(now));
    });
    afterEach(() => stores.close());

    const listed = () => stores.other.store.listKeySetReaders();
    const namesOf = async () => (await listed()).map(({ reader }) => reader);

    test('a new database knows nobody, and nothing counted changes nothing', async () => {
      await stores.store.addKeySetReads([], 64, 'other');
      expect(await listed()).toEqual([]);
    });

    test('counts of several nodes add up, by reader and key; the first and the last time stay', async () => {
      await stores.store.addKeySetReads([read('jose', { fetches: 3, firstAt: now + 5, lastAt: now + 9 })], 64, 'other');
      await stores.other.store.addKeySetReads([read('jose', { firstAt: now + 1, lastAt: now + 2 })], 64, 'other');
      await stores.other.store.addKeySetReads([read('jose', { kid: 'another' })], 64, 'other');
      expect(await listed()).toEqual([
        read('jose', { kid: 'another' }),
        read('jose', { fetches: 4, firstAt: now + 1, lastAt: now + 9 }),
      ]);
    });

    test('no count is lost when nodes add at once', async () => {
      await race(40, stores, (store) => store.addKeySetReads([read('jose')], 64, 'other'));
      expect(await listed()).toEqual([read('jose', { fetches: 40 })]);
    });

    test('beyond the bound new names are counted as others, and known ones as themselves', async () => {
      await stores.store.addKeySetReads([read('a'), read('b')], 2, 'other');
      await stores.other.store.addKeySetReads([read('c'), read('d'), read('a', { kid: 'another' })], 2, 'other');
      expect(await listed()).toEqual([
        read('a', { kid: 'another' }),
        read('a'),
        read('b'),
        read('other', { fetches: 2 }),
      ]);
    });

    test('the bound holds within one call, and when nodes fill it together', async () => {
      const made = (turn: number) => Array.from({ length: 10 }, (_, place) => read(`made-up-${turn}-${place}`));
      await race(6, stores, (store, turn) => store.addKeySetReads(made(turn), 16, 'other'));
      expect(new Set(await namesOf()).size).toBe(17);
    });

    test('who has not come back for 30 days is forgotten', async () => {
      await stores.store.addKeySetReads([read('gone'), read('here', { lastAt: now + day })], 64, 'other');
      await stores.store.removeExpired(now + 30 * day, now);
      expect(await namesOf()).toEqual(['gone', 'here']);
      await stores.store.removeExpired(now + 30 * day + 1, now);
      expect(await namesOf()).toEqual(['here']);
    });
  });
};
