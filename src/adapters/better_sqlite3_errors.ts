// What SQLite and the operating system answer when they refuse: which is the database's trouble, and what to do about it.
import { OperatorError } from '../errors.ts';
import { StoreUnavailableError } from '../seams/store.ts';

export const damagedAdvice = 'The file is damaged. Nothing was changed. Restore it from a backup.';

const advice: Readonly<Record<string, string>> = {
  SQLITE_CORRUPT: damagedAdvice,
  SQLITE_NOTADB: 'The file is not an SQLite database. Nothing was changed. Name another file, or restore a backup.',
  SQLITE_READONLY: 'The file, a -wal or -shm beside it, or its folder is read-only. Make all writable for this user.',
  SQLITE_CANTOPEN:
    'The file cannot be opened or made. Check that its folder exists and is writable for this user, and that the process may open more files (ulimit -n).',
  SQLITE_PERM: 'This user may not open the file. Change its owner or mode.',
  SQLITE_BUSY: 'Another process holds a lock on it for too long. Stop that process and try again.',
  SQLITE_FULL: 'The disk is full. Make room and try again.',
  SQLITE_IOERR: 'The disk is full, or fails. Make room, or look at what the system says of the disk, and try again.',
  EACCES:
    'This user may not read it, or not write there. Change the owner or mode of the file or its folder, or name another.',
  EROFS: 'The file system is read-only. Name a file on a writable one.',
  ENOTDIR: 'A part of the path is not a folder. Name another file.',
  EEXIST: 'A part of the path is not a folder. Name another file.',
  ELOOP: 'Its symbolic links lead in a circle. Name the file itself.',
  ENAMETOOLONG: 'The name is too long. Name another file.',
  ENOENT: 'Nothing can be made there. Name a file in a folder that is writable for this user.',
};

/** @returns the code of SQLite or of the operating system behind an error, wherever it is nested. */
export const databaseErrorCode = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return databaseErrorCode(error.cause);
};

/** Another connection holds a lock. */
export const isBusy = (error: unknown): boolean => databaseErrorCode(error)?.startsWith('SQLITE_BUSY') === true;

export const adviceFor = (code: string): string | undefined =>
  Object.entries(advice).find(([known]) => code.startsWith(known))?.[1];

/** @returns what to say of a file that could not be used; other errors as they are. */
export const openError = (path: string, error: unknown): unknown => {
  if (error instanceof OperatorError) return error;
  const code = databaseErrorCode(error);
  const known = code === undefined ? undefined : adviceFor(code);
  if (known === undefined) return error;
  return new OperatorError(`The database ${path} could not be opened (${code}). ${known}`, { cause: error });
};

/** @returns StoreUnavailableError for what SQLite could not do, so that callers need not know it; other errors as they are. */
export const toStoreError = (error: unknown): unknown => {
  // A JSON column that is none, which SQLite itself has no eye for.
  if (error instanceof SyntaxError)
    return new OperatorError('A row of the database is damaged. Restore the file from a backup.', { cause: error });
  const code = databaseErrorCode(error);
  if (!code?.startsWith('SQLITE_') || code.startsWith('SQLITE_CONSTRAINT')) return error;
  return new StoreUnavailableError(`SQLite answered ${code}`, { cause: error });
};
