// SQLite files that are gone or emptied, beside what shows that there was a database: opened, they would become that of a
// new issuer. A database is never empty when it gets its name.
import { existsSync, type Stats, statSync } from 'node:fs';

/** Undefined where nothing is, or where it cannot be seen: opening it says why. */
const statOf = (path: string): Stats | undefined => {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
};

/**
 * @param hasRing - whether there is a ring of key-encryption keys, which is made before a database, or by its first start.
 * @returns what to say of it; undefined of a file that has something in it, and where a new one may be made.
 */
export const lostDatabaseComplaint = (file: string, hasRing: boolean): string | undefined => {
  // Looked for first: who makes a database now has its file before its log.
  const rest = ['-wal', '-journal'].map((suffix) => file + suffix).find((path) => statOf(path)?.size);
  const found = statOf(file);
  const isEmpty = found?.isFile() === true && found.size === 0;
  const isLost = (found === undefined && rest !== undefined) || (isEmpty && (rest !== undefined || hasRing));
  if (!isLost) return undefined;
  const what = found === undefined ? 'is not there' : 'is empty (0 bytes)';
  const left = [...(found === undefined ? [] : [file]), ...(rest === undefined ? [] : [rest])];
  return (
    `The database ${file} ${what}, but ${rest ?? 'a ring of key-encryption keys'} is there: a new issuer would begin, without the ` +
    'users, clients and signing keys there were. Nothing was changed. Restore it from a backup. ' +
    `To begin a new issuer all the same: rm ${left.join(' ')}`
  );
};

/** The same by the settings. */
export const lostDatabaseOf = (
  file: string,
  { kekRing, kekRingFile }: { readonly kekRing: string | undefined; readonly kekRingFile: string },
): string | undefined => lostDatabaseComplaint(file, kekRing !== undefined || existsSync(kekRingFile));
