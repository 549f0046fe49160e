// One node's view of what is revoked, for the status lists and the feed to be made of. It is read from the database again
// and again; requests only look at it. When the database is down it stands, and says how old it is.
import type { Clock, NumericDate } from '../seams/clock.ts';
import type { RevocationMark, RevocationStore, Revocations, StatusListRecord } from '../seams/revocation_store.ts';
import { createPermutation, type Permutation } from './permutation.ts';

/** A status list as it stands. */
export interface ViewedList {
  readonly record: StatusListRecord;
  /** One bit a place, from the least significant of the first byte on. Token Status List §4.1. */
  readonly bits: Uint8Array;
  /** Goes up with every change of the bits. */
  readonly version: number;
}

export interface RevocationView {
  /** The time of the last reading that succeeded; undefined before the first. Nothing that is made of it may claim to be newer. */
  readonly asOf: NumericDate | undefined;
  /** Reads what came since. @throws {StoreUnavailableError} and stands as it was. */
  refresh(): Promise<void>;
  /** Refreshes when the last attempt is older than so many seconds; a failure leaves it as it was. */
  freshen(maxAgeSeconds: number): Promise<void>;
  /** Every list there is, soonest expiry first. */
  lists(): readonly StatusListRecord[];
  list(listId: string): ViewedList | undefined;
  /** How long a mark has to be known: until the last token it may be about is refused anyway. */
  retentionSeconds(): number;
  /** In the order they were made. */
  marks(): readonly RevocationMark[];
  /** Calls `listener` after every reading that succeeded, and with `closed` at the end. @returns how to stop. */
  watch(listener: (event: 'read' | 'closed') => void): () => void;
  /** Whether somebody refreshes it all the time, so that those who watch hear of everything. */
  readonly polled: boolean;
  readonly closed: boolean;
  close(): void;
}

interface RevokedBits {
  readonly permutation: Permutation;
  readonly bits: Uint8Array;
  version: number;
}

export interface RevocationViewParts {
  readonly store: Pick<RevocationStore, 'readRevocations'>;
  readonly clock: Clock;
  readonly retentionSeconds: () => number;
  readonly polled: boolean;
  /** Lets what came in meanwhile have its turn; left out where nobody else would wait. */
  readonly pause?: () => Promise<void>;
}

/** Some milliseconds' worth: of a large client millions are revoked at once. */
const mostTurnsAtOnce = 10_000;

const blankOf = new Map<number, Uint8Array>();

/** Most lists have nothing revoked in them; they share one array. */
const blank = (places: number): Uint8Array => {
  const known = blankOf.get(places) ?? new Uint8Array(Math.ceil(places / 8));
  blankOf.set(places, known);
  return known;
};

export const createRevocationView = ({
  store,
  clock,
  retentionSeconds,
  polled,
  pause,
}: RevocationViewParts): RevocationView => {
  const listeners = new Set<(event: 'read' | 'closed') => void>();
  const revoked = new Map<string, RevokedBits>();
  let records: ReadonlyMap<string, StatusListRecord> = new Map();
  let marks: readonly RevocationMark[] = [];
  let asOf: NumericDate | undefined;
  let attemptedAt: number | undefined;
  let [lastTurnsId, lastMarkId] = [0, 0];
  /** When the youngest of the marks was made that were left out, as of no token any more. */
  let leftOutUntil = Number.NEGATIVE_INFINITY;
  let refreshing: Promise<void> | undefined;
  let closed = false;

  const bitsOf = (record: StatusListRecord): RevokedBits => {
    const known = revoked.get(record.listId);
    if (known !== undefined) return known;
    const permutation = createPermutation(Buffer.from(record.secret, 'base64url'), record.places);
    const made = { permutation, bits: new Uint8Array(Math.ceil(record.places / 8)), version: 0 };
    revoked.set(record.listId, made);
    return made;
  };

  const revokeTurns = (record: StatusListRecord, from: number, count: number): void => {
    const { permutation, bits } = bitsOf(record);
    for (let turn = from; turn < from + count; turn += 1) {
      const index = permutation.indexOf(turn);
      bits[index >>> 3] = (bits[index >>> 3] ?? 0) | (1 << (index & 7));
    }
  };

  let sincePause = 0;
  const revokeBitByBit = async (record: StatusListRecord, turn: number, count: number): Promise<void> => {
    for (let from = turn; from < turn + count; from += mostTurnsAtOnce) {
      const some = Math.min(mostTurnsAtOnce, turn + count - from);
      revokeTurns(record, from, some);
      sincePause += some;
      if (pause === undefined || sincePause < mostTurnsAtOnce) continue;
      sincePause = 0;
      await pause();
    }
  };

  /** Bits are only ever added, and the version goes up when all are there: what was made in between is made anew. */
  const takeLists = async ({ lists, turns }: Revocations): Promise<void> => {
    records = new Map(lists.map((record) => [record.listId, record]));
    for (const listId of revoked.keys()) if (!records.has(listId)) revoked.delete(listId);
    const changed = new Set<string>();
    for (const { id, listId, turn, count } of turns) {
      const record = records.get(listId);
      lastTurnsId = id;
      if (record === undefined) continue;
      await revokeBitByBit(record, turn, count);
      changed.add(listId);
    }
    for (const listId of changed) {
      const bits = revoked.get(listId);
      if (bits !== undefined) bits.version += 1;
    }
  };

  const withoutOld = (all: readonly RevocationMark[], since: NumericDate): readonly RevocationMark[] => {
    const old = all.filter(({ markedAt }) => markedAt < since);
    leftOutUntil = old.reduce((latest, { markedAt }) => Math.max(latest, markedAt), leftOutUntil);
    return old.length === 0 ? all : all.filter(({ markedAt }) => markedAt >= since);
  };

  const takeMarks = (before: readonly RevocationMark[], { marks: added }: Revocations, since: NumericDate): void => {
    const standing = (before[0]?.markedAt ?? since) < since ? withoutOld(before, since) : before;
    marks = added.length === 0 ? standing : [...standing, ...withoutOld(added, since)];
    lastMarkId = added.at(-1)?.id ?? lastMarkId;
  };

  const readOnce = async (): Promise<void> => {
    attemptedAt = clock.monotonicSeconds();
    const now = clock.now();
    const since = now - retentionSeconds();
    // The clock was ahead when some were left out: they are read once more.
    const isAllAnew = since <= leftOutUntil;
    const revocations = await store.readRevocations(lastTurnsId, isAllAnew ? 0 : lastMarkId);
    if (isAllAnew) leftOutUntil = Number.NEGATIVE_INFINITY;
    await takeLists(revocations);
    takeMarks(isAllAnew ? [] : marks, revocations, since);
    asOf = now;
    for (const listener of listeners) listener('read');
  };

  const refresh = (): Promise<void> => {
    refreshing ??= readOnce().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  };

  return {
    get asOf() {
      return asOf;
    },
    get closed() {
      return closed;
    },
    polled,
    refresh,
    freshen: async (maxAgeSeconds) => {
      if (attemptedAt !== undefined && clock.monotonicSeconds() - attemptedAt < maxAgeSeconds) return;
      await refresh().catch(() => undefined);
    },
    lists: () => [...records.values()],
    list: (listId) => {
      const record = records.get(listId);
      if (record === undefined) return undefined;
      const { bits, version } = revoked.get(listId) ?? { bits: blank(record.places), version: 0 };
      return { record, bits, version };
    },
    retentionSeconds,
    marks: () => marks,
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      closed = true;
      for (const listener of [...listeners]) listener('closed');
      listeners.clear();
    },
  };
};
