// SQLite files that are gone or emptied, beside what shows that there was a database: opened, they would become that of a
// new issuer. A database is never empty when it gets its name.
import { existsSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { OperatorError } from '../errors.ts';

/** Undefined where nothing is, or where it cannot be seen: opening it says why. */
const statOf = (path: string): Stats | undefined => {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
};

/** Where a symbolic link leads to, also where nothing is: SQLite has its log beside that. */
export const fileBehind = (path: string): string => {
  try {
    return realpathSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return path;
  }
  try {
    return fileBehind(resolve(dirname(path), readlinkSync(path)));
  } catch {
    return path;
  }
};

export const isEmptyFile = (file: string): boolean => {
  const found = statOf(file);
  return found?.isFile() === true && found.size === 0;
};

/**
 * @param hasRing - whether there is a ring of key-encryption keys, which is made before a database, or by its first start.
 * @returns what to say of it; undefined of a file that has something in it, and where a new one may be made.
 */
export const lostDatabaseComplaint = (path: string, hasRing: boolean): string | undefined => {
  const file = fileBehind(path);
  // Looked for first: who makes a database now has its file before its log.
  const rest = ['-wal', '-journal'].map((suffix) => file + suffix).filter((name) => statOf(name)?.size);
  const isMissing = statOf(file) === undefined;
  const isLost = rest.length > 0 ? isMissing || isEmptyFile(file) : hasRing && isEmptyFile(file);
  if (!isLost) return undefined;
  const what = isMissing ? 'is not there' : 'is empty (0 bytes)';
  const left = [...(isMissing ? [] : [file]), ...rest];
  const byHand =
    rest.length === 0
      ? ''
      : ` Before one is copied there by hand, move ${rest.join(' and ')} elsewhere: SQLite would take that for a part of the backup.`;
  return (
    `The database ${file} ${what}, but ${rest[0] ?? 'a ring of key-encryption keys'} is there: a new issuer would begin, without the ` +
    'users, clients and signing keys there were. Nothing was changed. ' +
    `Restore it from a backup.${byHand} To begin a new issuer all the same: rm ${left.join(' ')}`
  );
};

/** Of the configuration, what tells whether there is a ring. */
export interface RingSettings {
  readonly kekRing: string | undefined;
  readonly kekRingFile: string;
}

/** The same by the settings. */
export const lostDatabaseOf = (file: string, { kekRing, kekRingFile }: RingSettings): string | undefined =>
  lostDatabaseComplaint(file, kekRing !== undefined || existsSync(kekRingFile));

/** @throws {OperatorError} where it was lost. */
export const assertNotLost = (file: string, settings: RingSettings): void => {
  const lost = lostDatabaseOf(file, settings);
  if (lost !== undefined) throw new OperatorError(lost);
};
