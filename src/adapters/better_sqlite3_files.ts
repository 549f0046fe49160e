// SQLite files as wholes: a consistent copy of one in use, one held so that nobody else has it open, one put in the place
// of another. Each appears under its name complete and on disk, or not at all.
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, linkSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { OperatorError } from '../errors.ts';
import type { DatabaseCopy } from '../seams/database_copy.ts';
import {
  assertServed,
  busyTimeoutMilliseconds,
  inspectSqliteDatabase,
  openSqliteDatabase,
} from './better_sqlite3_database.ts';
import { databaseErrorCode, isBusy, openError } from './better_sqlite3_errors.ts';
import { keepOwner } from './keep_owner.ts';
import { isEmptyFile } from './lost_database.ts';
import { syncPath } from './sync_path.ts';

/** Short: a server keeps it open for good. */
const holdTimeoutMilliseconds = 300;
/** What SQLite may leave beside a file, and would take for a part of another of that name. */
const companions = ['-wal', '-shm', '-journal'];

/** Gives a complete file its name, unless that is taken. @returns false when it is. */
const nameNewFile = (complete: string, file: string): boolean => {
  try {
    linkSync(complete, file);
  } catch (error) {
    if (databaseErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
  rmSync(complete);
  syncPath(dirname(file));
  return true;
};

export const removeSqliteFile = (file: string): void => {
  for (const suffix of ['', ...companions]) rmSync(`${file}${suffix}`, { force: true });
};

const isDamaged = (error: unknown): boolean =>
  ['SQLITE_CORRUPT', 'SQLITE_NOTADB'].some((code) => databaseErrorCode(error)?.startsWith(code));

const inUse = (file: string, cause?: unknown): OperatorError =>
  new OperatorError(`The database ${file} is in use. Stop the server, and whatever else has it open, and try again.`, {
    cause,
  });

/**
 * Opens a file so that no other process has it open, or can open it, until it is closed. Its write-ahead log is gone then.
 *
 * @throws {OperatorError} when another process has it open, or it is damaged.
 */
export const holdSqliteFile = (file: string): Database.Database => {
  let client: Database.Database | undefined;
  try {
    client = new Database(file, { fileMustExist: true, timeout: holdTimeoutMilliseconds });
    client.pragma('locking_mode = EXCLUSIVE');
    // Whoever has a file with a write-ahead log open keeps it from having none.
    client.pragma('journal_mode = DELETE');
    client.exec('BEGIN EXCLUSIVE; COMMIT');
    client.pragma('synchronous = FULL');
    client.pragma('secure_delete = ON');
    return client;
  } catch (error) {
    client?.close();
    if (isBusy(error)) throw inUse(file, error);
    if (isDamaged(error))
      throw new OperatorError(
        `The database ${file} is damaged, so that it cannot be told whether it is in use. Stop the server, move ${companions.map((suffix) => `${file}${suffix}`).join(', ')} and ${file} elsewhere, as far as they are there, and try again.`,
        { cause: error },
      );
    throw openError(file, error);
  }
};

/**
 * Holds an empty file as it is, by another name: by its own, SQLite would remove the log beside it.
 *
 * @param name - free, in the same folder, and free again afterwards.
 * @throws {OperatorError} when another process has it open, or it is not empty any more.
 */
export const holdEmptyFile = (file: string, name: string): Database.Database => {
  let client: Database.Database | undefined;
  try {
    linkSync(file, name);
    client = new Database(name, { fileMustExist: true, timeout: holdTimeoutMilliseconds });
    client.pragma('journal_mode = MEMORY');
    // Never committed: that would give it a header.
    client.exec('BEGIN EXCLUSIVE');
    if (isEmptyFile(file)) return client;
    throw inUse(file);
  } catch (error) {
    client?.close();
    throw isBusy(error) ? inUse(file, error) : openError(file, error);
  } finally {
    removeSqliteFile(name);
  }
};

/** Makes an empty file for its owner alone, where there was none. */
const makeEmptyFile = (file: string): void => closeSync(openSync(file, 'wx', 0o600));

/** Writes all of a database, and nothing of what was deleted from it, to an empty file. */
const copyOut = (source: string, file: string): void => {
  // Of a folder that is none, or closed, the driver says nothing that has a code.
  statSync(source);
  const client = new Database(source, { readonly: true, fileMustExist: true, timeout: busyTimeoutMilliseconds });
  try {
    client.prepare('VACUUM INTO ?').run(file);
  } finally {
    client.close();
  }
};

/** Puts a mark on a file, or takes it off, without opening it as a database of ours. */
const mark = (file: string, copy: DatabaseCopy | undefined): void => {
  const client = new Database(file, { fileMustExist: true });
  try {
    if (client.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'database_copy'").get() === undefined) return;
    client.transaction(() => {
      client.exec('DELETE FROM database_copy');
      if (copy !== undefined)
        client.prepare('INSERT INTO database_copy (id, kind, at, other) VALUES (1, @kind, @at, @other)').run(copy);
    })();
    client.pragma('journal_mode = DELETE');
  } finally {
    client.close();
  }
};

const assertSound = (file: string, what: string): void => {
  const { complaints } = inspectSqliteDatabase(file);
  if (complaints.length > 0)
    throw new OperatorError(`${what} is damaged: ${complaints.join('; ')}. Nothing was changed.`);
};

const taken = (file: string): OperatorError =>
  new OperatorError(`The file ${file} exists, and a backup overwrites nothing. Name another, or remove it.`);

/** Completes a copy that is to be a backup and gives it its name. @throws {OperatorError} when that is taken. */
const finishSqliteBackup = (partial: string, file: string, at: number): void => {
  mark(partial, { kind: 'backup', at, other: null });
  assertSound(partial, `The copy in ${partial}`);
  syncPath(partial);
  if (!nameNewFile(partial, file)) throw taken(file);
};

/** Where a backup is made, beside its file: by chance, for processes of two containers may have one number. */
const partialOf = (file: string): string => `${file}.partial-${randomBytes(6).toString('hex')}`;

/** @throws {OperatorError} when there is such a file, or it is a folder. */
const assertNewFile = (file: string): void => {
  if (!existsSync(file)) return;
  if (statSync(file).isDirectory())
    throw new OperatorError(`${file} is a folder. Name a new file in it for the backup.`);
  throw taken(file);
};

/** @throws {OperatorError} of a source with a mark: served elsewhere since, it would be put back as if it were of today. */
const completeSchema = (partial: string, source: string): void => {
  const client = openSqliteDatabase(partial, { copiesToo: true });
  try {
    assertServed(client, source);
  } finally {
    client.close();
  }
};

/**
 * A backup of a database that others may be using. It is of this version's schema, whatever the database's is.
 *
 * @throws {OperatorError} when the file is there already or cannot be made, or the database is damaged or not served any more.
 */
export const backUpSqlite = (source: string, file: string, at: number): void => {
  assertNewFile(file);
  const partial = partialOf(file);
  try {
    makeEmptyFile(partial);
  } catch (error) {
    throw openError(file, error);
  }
  try {
    copyOut(source, partial);
    completeSchema(partial, source);
    finishSqliteBackup(partial, file, at);
  } catch (error) {
    // The source is only read.
    throw openError(databaseErrorCode(error) === 'SQLITE_FULL' ? file : source, error);
  } finally {
    removeSqliteFile(partial);
  }
};

/** Copies a backup to where it can be worked on; there it has no mark. @throws {OperatorError} when it is damaged or is no backup. */
export const unpackSqliteBackup = (backup: string, file: string): void => {
  assertSound(backup, `The backup ${backup}`);
  try {
    makeEmptyFile(file);
    copyOut(backup, file);
    mark(file, undefined);
  } catch (error) {
    throw openError(file, error);
  }
};

const inTheWay = (file: string): string | undefined =>
  ['', ...companions].map((suffix) => `${file}${suffix}`).find((path) => existsSync(path));

/** Done before the new file has the name: it would take a log for its own. */
const moveCompanions = (file: string, aside: string): void => {
  for (const suffix of companions.filter((name) => existsSync(`${file}${name}`)))
    renameSync(`${file}${suffix}`, `${aside}${suffix}`);
  syncPath(dirname(file));
};

/**
 * Gives a complete database its place. What was there keeps on as `aside`.
 *
 * @param aside - undefined where nothing is there. What is there is held.
 * @throws {OperatorError} when something is there after all.
 */
export const putSqliteFile = (complete: string, file: string, aside: string | undefined): void => {
  keepOwner(complete, file);
  syncPath(complete);
  if (aside === undefined) {
    const found = inTheWay(file);
    if (found !== undefined || !nameNewFile(complete, file))
      throw new OperatorError(`${found ?? file} is in the way. Stop the server, move it elsewhere, and try again.`);
    return;
  }
  linkSync(file, aside);
  moveCompanions(file, aside);
  renameSync(complete, file);
  syncPath(dirname(file));
};
