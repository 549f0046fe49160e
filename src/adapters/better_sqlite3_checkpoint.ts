// Copies the write-ahead log into the database when it is long, in a thread of its own: thousands of pages, each somewhere
// else, and the disk's answer take a tenth of a second, in which nothing here stands still. SQLite's own automatic
// checkpoint keeps it to itself when it fails, and a failed fsync must not go by unseen.
import { statSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import type Database from 'better-sqlite3';
import type { Log as ServerLog } from '../seams/log.ts';
import { askThread, startThread, threadAdvice } from './answering_thread.ts';
import type { CheckpointOrder, CheckpointOutcome, OpenedFile } from './better_sqlite3_checkpoint_thread.ts';
import { walPagesBeforeCheckpoint } from './better_sqlite3_database.ts';
import { adviceFor, databaseErrorCode } from './better_sqlite3_errors.ts';
import type { Fence } from './better_sqlite3_fence.ts';

/** How long the log is takes some microseconds to ask. */
const commitsBetweenLooks = 16;
/** What was refused once may be for long, and each try takes a thread where it could not open the file. */
const commitsAfterRefusal = 1000;
/** Copied in a few milliseconds, so that those who write may wait for it. */
const fewPages = 200;
/** So long it gets where other processes always write in between, or somebody read for long. */
const manyPages = 2 * walPagesBeforeCheckpoint;
/** So long only where it cannot begin anew. */
const tooManyPages = 2 * manyPages;

const readerAdvice =
  'Look for who has read the database for long, as a backup or a forgotten sqlite3 does, and end that.';

interface Trouble {
  readonly reason: string;
  /** What to do; undefined where the reason says it. */
  readonly advice: string | undefined;
}

const troubleOf = (error: unknown): Trouble => {
  const code = databaseErrorCode(error);
  const { message } = (error instanceof Error && error.cause instanceof Error ? error.cause : error) as Error;
  if (code === undefined) return { reason: message, advice: undefined };
  return { reason: `${message} (${code})`, advice: code.startsWith('ERR_WORKER') ? threadAdvice : adviceFor(code) };
};

interface LogLength {
  /** Pages in the log; -1 without one. */
  readonly log: number;
  readonly checkpointed: number;
}

/** Those who write on the same connection. */
export interface Writers {
  hold(): void;
  release(): void;
}

export interface Checkpoints {
  /** To be called after each commit. */
  committed(): void;
  /** Resolves once none is under way. */
  idle(): Promise<void>;
  /** As `idle`, and the thread has closed the database: SQLite tidies up after whoever closes it last. */
  end(): Promise<void>;
}

const createThread = ({ name: path }: Database.Database) => {
  const opened: OpenedFile = { path, inode: statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? 0n };
  let thread: Worker | undefined;
  const forget = (): void => {
    thread = undefined;
  };
  return {
    /** @returns whether all there was is copied. @throws {Error} with the `code` that SQLite refused it with. */
    copy: async (how: Exclude<CheckpointOrder, 'end'>): Promise<boolean> => {
      // Where the process ends, what the log has is safe there.
      thread ??= startThread('./better_sqlite3_checkpoint_thread.ts', forget, { workerData: opened });
      const outcome = await askThread<CheckpointOutcome>(thread, how);
      if ('isWhole' in outcome) return outcome.isWhole;
      throw Object.assign(new Error('The checkpoint was refused.'), { code: outcome.refused });
    },
    end: async (): Promise<void> => {
      if (thread === undefined) return;
      thread.ref();
      const { promise, resolve } = Promise.withResolvers<void>();
      thread.once('exit', () => resolve());
      thread.postMessage('end' satisfies CheckpointOrder);
      await promise;
    },
  };
};

/**
 * @param client - where it has no log, none is ever long.
 * @param told - of a log that grows, once, until it was copied again.
 */
export const createCheckpoints = (
  client: Database.Database,
  fence: Fence,
  { hold, release }: Writers,
  told?: Pick<ServerLog, 'warn'>,
): Checkpoints => {
  client.pragma('wal_autocheckpoint = 0');
  const look = client.prepare<[], LogLength>('PRAGMA wal_checkpoint(NOOP)');
  const thread = createThread(client);
  let commitsToLook = commitsBetweenLooks;
  let running: Promise<void> | undefined;
  let grows = false;

  const tellGrowth = ({ reason, advice }: Trouble): void => {
    if (!grows)
      told?.warn({ reason, advice }, 'the write-ahead log of the database cannot be copied into it, and grows');
    grows = true;
  };

  const measure = () => {
    const { log, checkpointed } = look.get() ?? { log: 0, checkpointed: 0 };
    return { log, left: log - checkpointed };
  };

  /** Beside those who write while that leaves fewer to copy; then alone, since only a log copied whole begins anew. */
  const copyAll = async (pages: number): Promise<void> => {
    const isWhole = await thread.copy('copy');
    // While somebody reads what is overwritten, or another process copies, nothing is to be gained by more.
    if (!isWhole || fence.reason() !== undefined) return;
    const { log, left } = measure();
    if (left > fewPages && left < pages) return copyAll(left);
    hold();
    try {
      await thread.copy(log > manyPages ? 'finish' : 'copy');
    } finally {
      release();
    }
  };

  const copyWhenLong = async (): Promise<void> => {
    try {
      const before = measure();
      if (before.left >= walPagesBeforeCheckpoint) await copyAll(before.left);
      const { log, left } = measure();
      if (left < walPagesBeforeCheckpoint) grows = false;
      else if (log > tooManyPages) tellGrowth({ reason: 'it is being read', advice: readerAdvice });
    } catch (error) {
      // A full disk, say, or a file that was moved: what the log has is safe there, and tried again.
      fence.watch(error);
      if (fence.reason() === undefined) tellGrowth(troubleOf(error));
      commitsToLook = commitsAfterRefusal;
    }
  };

  return {
    committed: () => {
      commitsToLook -= 1;
      if (commitsToLook > 0 || running !== undefined) return;
      commitsToLook = commitsBetweenLooks;
      running = copyWhenLong().finally(() => {
        running = undefined;
      });
    },
    idle: async () => running,
    end: async () => {
      await running;
      await thread.end();
    },
  };
};
