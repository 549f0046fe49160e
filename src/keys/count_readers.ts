// Counts which kinds of verifier fetch the key set, in memory and off the request's path, and adds the counts up in the
// store now and then. A kind is the first product of User-Agent with its version; no address, nothing else is kept.
import type { Clock, NumericDate } from '../seams/clock.ts';
import type { KeySetReader, KeySetReaderStore } from '../seams/key_set_reader_store.ts';
import type { KeyRing } from './key_ring.ts';

/** Kinds that are told apart; the rest is `others`. Whoever makes up names fills no more than this. */
export const mostReaders = 64;
export const others = 'other';
const unnamed = 'none';

/** A product as in RFC 9110 §10.1.5, of a subset of its characters and bounded in length. */
const product = /^([A-Za-z0-9][A-Za-z0-9._-]{0,39})(?:\/v?(\d[A-Za-z0-9.+-]{0,19}))?/;

/** @returns `product/version`, of letters, digits and `._-+/` alone. */
export const readerOf = (userAgent: string | undefined): string => {
  const [, name, version] = product.exec(userAgent ?? '') ?? [];
  if (name === undefined) return unnamed;
  return version === undefined ? name : `${name}/${version}`;
};

export interface KeySetReaders {
  /** Counts that somebody was given the present key set, or told that the one they have is the present one. */
  count(userAgent: string | undefined): void;
  /** Adds what was counted to the store, and reads what all nodes counted. What could not be added is kept. */
  flush(): Promise<void>;
  /** What all nodes had counted at the last flush. */
  known(): readonly KeySetReader[];
}

export interface KeySetReadersParts {
  readonly keyRing: Pick<KeyRing, 'jwkSet'>;
  readonly clock: Clock;
  readonly store: KeySetReaderStore;
}

interface Count {
  fetches: number;
  firstAt: NumericDate;
  lastAt: NumericDate;
}

/** By the kids of the key set, then by reader. */
type Counts = Map<string, Map<string, Count>>;

const readsOf = (counts: Counts): readonly KeySetReader[] => {
  const reads = new Map<string, KeySetReader>();
  for (const [kids, readers] of counts)
    for (const [reader, { fetches, firstAt, lastAt }] of readers)
      for (const kid of kids.split(' ').filter((name) => name !== '')) {
        const before = reads.get(`${reader} ${kid}`) ?? { fetches: 0, firstAt, lastAt };
        const first = Math.min(before.firstAt, firstAt);
        const last = Math.max(before.lastAt, lastAt);
        reads.set(`${reader} ${kid}`, { reader, kid, fetches: before.fetches + fetches, firstAt: first, lastAt: last });
      }
  return [...reads.values()];
};

export const createKeySetReaders = ({ keyRing, clock, store }: KeySetReadersParts): KeySetReaders => {
  let counts: Counts = new Map();
  let known: readonly KeySetReader[] = [];
  let knownNames: ReadonlySet<string> = new Set();
  const newNames = new Set<string>();

  /** Names the store knows keep their place, however many are made up meanwhile. */
  const admitted = (reader: string): string => {
    if (knownNames.has(reader) || newNames.has(reader)) return reader;
    if (newNames.size >= mostReaders) return others;
    newNames.add(reader);
    return reader;
  };

  const add = (kids: string, reader: string, { fetches, firstAt, lastAt }: Count): void => {
    const readers = counts.get(kids) ?? new Map<string, Count>();
    counts.set(kids, readers);
    const before = readers.get(reader);
    if (before === undefined) {
      readers.set(reader, { fetches, firstAt, lastAt });
      return;
    }
    before.fetches += fetches;
    before.firstAt = Math.min(before.firstAt, firstAt);
    before.lastAt = Math.max(before.lastAt, lastAt);
  };

  const putBack = (taken: Counts): void => {
    for (const [kids, readers] of taken) for (const [reader, count] of readers) add(kids, reader, count);
  };

  return {
    count: (userAgent) => {
      const now = clock.now();
      add(keyRing.jwkSet().kids, admitted(readerOf(userAgent)), { fetches: 1, firstAt: now, lastAt: now });
    },
    flush: async () => {
      const taken = counts;
      counts = new Map();
      try {
        if (taken.size > 0) await store.addKeySetReads(readsOf(taken), mostReaders, others);
      } catch (error) {
        putBack(taken);
        throw error;
      }
      known = await store.listKeySetReaders();
      knownNames = new Set(known.map(({ reader }) => reader));
      newNames.clear();
    },
    known: () => known,
  };
};
