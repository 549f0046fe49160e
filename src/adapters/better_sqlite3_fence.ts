// Ends all writing once the disk failed under SQLite, or the file turned out damaged. After an fsync that failed the kernel
// may take pages for written that are not on disk; the next fsync then succeeds, and proves nothing. Only reading the
// write-ahead log anew, with its checksums, says what is there, which the next start does.
import type { StoreFence } from '../seams/store_fence.ts';
import { databaseErrorCode } from './better_sqlite3_errors.ts';

export interface Fence extends StoreFence {
  /** Looks at what SQLite answered; shuts when it says that the disk or the file cannot be trusted. */
  watch(error: unknown): void;
  /** The disk did not take what was to be synced. */
  shut(cause: string): void;
}

/** A full disk is not among them: it takes nothing, says so, and heals. */
const untrustworthy = [
  'SQLITE_CORRUPT',
  'SQLITE_NOTADB',
  ...['FSYNC', 'DIR_FSYNC', 'WRITE', 'TRUNCATE', 'READ', 'SHORT_READ'].map((call) => `SQLITE_IOERR_${call}`),
];

export const createFence = (): Fence => {
  let reason: string | undefined;
  const { promise: fenced, resolve } = Promise.withResolvers<string>();
  const shut = (cause: string): void => {
    if (reason !== undefined) return;
    reason = 'the disk failed under the database, or its file is damaged';
    resolve(`${reason} (${cause})`);
  };
  return {
    reason: () => reason,
    fenced,
    shut,
    watch: (error) => {
      const code = databaseErrorCode(error);
      if (code !== undefined && untrustworthy.some((known) => code === known || code.startsWith(`${known}_`)))
        shut(code);
    },
  };
};
