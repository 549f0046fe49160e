// Group commit: the writes of one event-loop turn share a transaction, and so its wait for the disk, which takes place
// beside the event loop: nobody else's request waits for it.
import type Database from 'better-sqlite3';
import type { Log } from '../seams/log.ts';
import { StoreUnavailableError } from '../seams/store.ts';
import { createCheckpoints } from './better_sqlite3_checkpoint.ts';
import { busyTimeoutMilliseconds } from './better_sqlite3_database.ts';
import { databaseErrorCode, isBusy, toStoreError } from './better_sqlite3_errors.ts';
import { createFence, type Fence } from './better_sqlite3_fence.ts';
import { createWalSync } from './better_sqlite3_wal_sync.ts';
import { shareReads } from './shared_reads.ts';

export interface GroupCommit {
  /**
   * Queues `work` for the end of this event-loop turn. What it throws undoes what it did and nothing else. It may run
   * again after a transaction that came to nothing, so it changes the database alone.
   *
   * @returns what `work` returned, once it is on disk.
   * @throws {StoreUnavailableError} when the transaction could not begin or commit.
   */
  write<Result>(work: () => Result): Promise<Result>;
  /** As `write`, for what a power failure may take back: it does not wait for the disk. A killed process loses none of it. */
  writeUnsynced<Result>(work: () => Result): Promise<Result>;
  /**
   * Resolves once all that a read has shown so far is on disk. What was just committed is read by everybody while its
   * writer still waits: to be awaited before something is told that must never be taken back, where nothing is written.
   */
  settled(): Promise<void>;
  /** Resolves once the log is not being copied into the database. */
  uncopied(): Promise<void>;
  /** Resolves once everything queued so far is on disk or refused, and no file of its own is open. */
  drain(): Promise<void>;
  /** Shut once the disk failed; from then on every write is refused. */
  readonly fence: Fence;
}

interface Queued {
  readonly synced: boolean;
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** Committed; those who queued it may not know yet. */
interface Committed {
  readonly queued: Queued;
  readonly outcome: Outcome;
}

/** A work threw in a transaction without savepoints. */
class WorkFailed extends Error {}

/** How long SQLite itself, and with it the event loop, waits for another process's write: a short one is soon done. */
const blockingWaitMilliseconds = 50;
const retryMilliseconds = 10;
/** How long a group that still grows may be kept open; a wait for the disk is about as long. */
const lingerMilliseconds = 2;

const refuse = (group: readonly Queued[], error: unknown): void => {
  const reason = databaseErrorCode(error) ?? String(error);
  for (const { reject } of group)
    reject(new StoreUnavailableError(`the write could not be committed: ${reason}`, { cause: error }));
};

const tell = ({ queued: { resolve, reject }, outcome }: Committed): void =>
  'error' in outcome ? reject(toStoreError(outcome.error)) : resolve(outcome.value);

const runBare = ({ work }: Queued): Outcome => {
  try {
    return { value: work() };
  } catch (error) {
    throw new WorkFailed('a write failed', { cause: error });
  }
};

/** @returns what runs a group in one immediate transaction, and when it returns has committed it, not yet to the disk. */
const createCommit = (client: Database.Database) => {
  // The wait is ours: see createWalSync.
  client.pragma('synchronous = NORMAL');
  const inSavepoint = client.transaction((work: () => unknown) => work());
  const runInSavepoint = ({ work }: Queued): Outcome => {
    try {
      return { value: inSavepoint(work) };
    } catch (error) {
      // A full disk or an I/O error may have ended the transaction itself; then nobody's work stands.
      if (!client.inTransaction) throw error;
      return { error };
    }
  };
  const together = client.transaction((group: readonly Queued[], run: (queued: Queued) => Outcome) =>
    group.map((queued) => ({ queued, outcome: run(queued) })),
  );
  return (group: readonly Queued[]): readonly Committed[] => {
    try {
      // Savepoints cost a fifth of a rotation, and hardly ever does a work fail: they are for a second run.
      return together.immediate(group, runBare);
    } catch (error) {
      if (!(error instanceof WorkFailed)) throw error;
      return together.immediate(group, runInSavepoint);
    }
  };
};

/**
 * @param patienceMilliseconds - how long another process may hold the write lock before writes are refused.
 * @param wal - of the same client, shutting the same fence.
 * @param log - told of a write-ahead log that cannot be kept short.
 */
export const createGroupCommit = (
  client: Database.Database,
  patienceMilliseconds = busyTimeoutMilliseconds,
  fence = createFence(),
  wal = createWalSync(client, fence),
  log?: Log,
): GroupCommit => {
  client.pragma(`busy_timeout = ${blockingWaitMilliseconds}`);
  const commit = createCommit(client);
  let queue: Queued[] = [];
  let flushIsDue = false;
  let unsettled: Committed[] = [];
  let syncing = false;
  let held = false;
  let busySince: number | undefined;

  const hold = (): void => {
    held = true;
  };
  const release = (): void => {
    held = false;
    if (queue.length > 0) scheduleFlush();
  };
  const checkpoints = createCheckpoints(client, fence, { hold, release }, log);

  const isWorthWaiting = (error: unknown): boolean => {
    if (!isBusy(error)) return false;
    if (busySince === undefined) {
      busySince = performance.now();
      client.pragma('busy_timeout = 0');
    }
    return performance.now() - busySince < patienceMilliseconds;
  };

  const becomeFree = (): void => {
    if (busySince === undefined) return;
    busySince = undefined;
    client.pragma(`busy_timeout = ${blockingWaitMilliseconds}`);
  };

  /** One wait at a time: what is written meanwhile is the next group. */
  const settle = (): void => {
    if (syncing || unsettled.length === 0) return;
    const group = unsettled;
    const writers = group.map(({ queued }) => queued);
    unsettled = [];
    if (fence.reason() !== undefined) {
      refuse(writers, fence.reason());
      return;
    }
    syncing = true;
    const goOn = (): void => {
      syncing = false;
      if (queue.length > 0 && !flushIsDue && !held) scheduleFlush();
      else settle();
    };
    wal.sync().then(
      () => {
        for (const committed of group) tell(committed);
        goOn();
      },
      (error: unknown) => {
        refuse(writers, error);
        goOn();
      },
    );
  };

  const flush = (): void => {
    flushIsDue = false;
    if (held) return;
    const group = queue;
    queue = [];
    if (fence.reason() !== undefined) {
      refuse(group, fence.reason());
      settle();
      return;
    }
    try {
      const committed = commit(group);
      becomeFree();
      for (const each of committed) if (!each.queued.synced) tell(each);
      unsettled.push(...committed.filter(({ queued }) => queued.synced));
      settle();
      checkpoints.committed();
    } catch (error) {
      fence.watch(error);
      if (isWorthWaiting(error)) {
        queue = [...group, ...queue];
        flushIsDue = true;
        setTimeout(flush, retryMilliseconds);
        return;
      }
      refuse(group, error);
      becomeFree();
    }
  };

  /** Requests that came together seldom come to their write in the same turn: a group is committed when none has joined it for a turn. */
  const flushWhenQuiet = (known: number, openedAt: number): void => {
    const grows = queue.length > known && performance.now() - openedAt < lingerMilliseconds;
    if (grows && queue.some(({ synced }) => synced)) setImmediate(flushWhenQuiet, queue.length, openedAt);
    else flush();
  };

  const scheduleFlush = (): void => {
    if (flushIsDue || held) return;
    flushIsDue = true;
    setImmediate(flushWhenQuiet, 0, performance.now());
  };

  const enqueue = <Result>(work: () => Result, synced: boolean): Promise<Result> =>
    new Promise<Result>((resolve, reject) => {
      // The queue mixes results of all types; each goes back to the promise it was queued with.
      queue.push({ synced, work, resolve: resolve as Queued['resolve'], reject });
      if (!(syncing && synced)) scheduleFlush();
    });
  const write: GroupCommit['write'] = (work) => enqueue(work, true);
  // Whoever sends a spent token again and again must not keep the disk, and libuv's threads, from those who write.
  const settleShared = shareReads(() => wal.sync());

  return {
    write,
    writeUnsynced: (work) => enqueue(work, false),
    settled: () => settleShared('the log'),
    uncopied: checkpoints.idle,
    drain: async () => {
      if (queue.length > 0 || syncing) await write(() => undefined).catch(() => undefined);
      await checkpoints.end();
      wal.close();
    },
    fence,
  };
};
