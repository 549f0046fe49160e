// The KEK ring as a file of mode 0600.
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { OperatorError } from '../errors.ts';
import { lockFile } from './file_lock.ts';
import { type KekRing, parseKekRing } from './jose_key_vault.ts';
import { keepOwner } from './keep_owner.ts';
import { fileBehind } from './lost_database.ts';
import { isMissing, readRegularFile } from './regular_file.ts';
import { syncPath } from './sync_path.ts';

const groupAndOthers = 0o077;
/** Of a file that an access control list opens to one user more: what that user may do stands in place of the group's. */
const ofCredential = 0o440;

const newKek = (): KekRing['keys'][number] => ({
  kty: 'oct',
  kid: `kek-${randomBytes(6).toString('hex')}`,
  k: randomBytes(32).toString('base64url'),
});

/** @throws {OperatorError} when the folder of the ring takes no file. */
const beside = <Written>(path: string, write: () => Written): Written => {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return write();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new OperatorError(
      `The ring of key-encryption keys ${path} could not be written (${code}). Make its folder writable for this user, or name another file in KEYTURN_KEK_RING_FILE.`,
      { cause },
    );
  }
};

const writeBeside = (path: string, ring: KekRing): string => {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  const text = `${JSON.stringify(ring, null, 2)}\n`;
  beside(path, () => writeFileSync(temporary, text, { mode: 0o600, flush: true }));
  keepOwner(temporary, path);
  return temporary;
};

/** A name of its own: `.lock` may be there with a process number in it, left by an earlier version that was killed. */
const lockOf = (path: string): string => `${path}.lock.db`;

/**
 * Of two who read the ring and then replace it, one would take away what the other put in.
 *
 * @param change - is given the file a symbolic link leads to: that is replaced, and not the link.
 */
const changing = <Changed>(named: string, change: (path: string) => Changed): Changed => {
  const path = fileBehind(named);
  const unlock = beside(path, () => lockFile(lockOf(path)));
  if (unlock === undefined)
    throw new OperatorError(
      `Another command is changing the ring of key-encryption keys ${path}; nothing was changed. Try again once it is done.`,
    );
  try {
    keepOwner(lockOf(path), path);
    return change(path);
  } finally {
    unlock();
  }
};

/** What is wrapped next may be on another disk, and on it sooner than the name of the ring that opens it. */
const syncFolderOf = (path: string): void => syncPath(dirname(path));

const replaceWith = (ring: KekRing, path: string): void => {
  renameSync(writeBeside(path, ring), path);
  syncFolderOf(path);
};

/**
 * @param credentials - the folder of systemd.exec(5) that nobody sees into but the service it was made for.
 * @throws {OperatorError} when it is missing, no file, readable by others, or no ring.
 */
export const readKekRingFile = (path: string, credentials?: string): KekRing => {
  if (isMissing(path))
    throw new OperatorError(
      `The ring of key-encryption keys ${path} is missing. Set KEYTURN_KEK_RING_FILE to where it is, or KEYTURN_KEK_RING to ` +
        'its content; for a new issuer make one with "npx keyturn keys add-kek". Without the ring the signing keys in the database cannot be opened.',
    );
  const found = readRegularFile(path);
  if (typeof found === 'string')
    throw new OperatorError(
      `The ring of key-encryption keys ${path} could not be read: ${found}. Name a file that this user may read in KEYTURN_KEK_RING_FILE, or put its content into KEYTURN_KEK_RING.`,
    );
  const isCredential = dirname(path) === credentials && (found.mode & 0o777) === ofCredential;
  if ((found.mode & groupAndOthers) !== 0 && !isCredential)
    throw new OperatorError(`The ring of key-encryption keys ${path} can be read by others. Run: chmod 600 ${path}`);
  return parseKekRing(found.text, path);
};

/** @returns false when there is a ring: another process may have been first. */
const makeRing = (path: string, kek: KekRing['keys'][number]): boolean => {
  if (existsSync(path)) return false;
  const temporary = writeBeside(path, { keys: [kek] });
  try {
    linkSync(temporary, path);
    syncFolderOf(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary);
  }
};

/** Makes a ring of one key, unless another process was first. @returns true when this call made it. */
export const makeKekRingFile = (path: string): boolean => makeRing(path, newKek());

/** The first key wraps; one that is last only unwraps, until it is promoted. */
export type KekPlace = 'first' | 'last';

/** Puts a new key into the ring, making the file if need be; the file is replaced whole. @returns the new key's kid. */
export const addKekToFile = (file: string, place: KekPlace = 'first'): string =>
  changing(file, (path) => {
    const added = newKek();
    if (makeRing(path, added)) return added.kid;
    const others = readKekRingFile(path).keys;
    replaceWith({ keys: place === 'first' ? [added, ...others] : [...others, added] }, path);
    return added.kid;
  });

/** Moves a key of the ring to the front. @returns false when it is there already. @throws {OperatorError} when the ring has no such key. */
export const promoteKekInFile = (file: string, kid: string): boolean =>
  changing(file, (path) => {
    const { keys } = readKekRingFile(path);
    const promoted = keys.find((key) => key.kid === kid);
    if (promoted === undefined)
      throw new OperatorError(
        `The ring ${path} has no key-encryption key ${kid}; nothing was changed. It has ${keys.map((key) => key.kid).join(', ')}.`,
      );
    if (promoted === keys[0]) return false;
    replaceWith({ keys: [promoted, ...keys.filter((key) => key !== promoted)] }, path);
    return true;
  });
