// Opens the SQLite file: durable settings asserted, small tables checked, migrations applied.
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, linkSync, mkdirSync, openSync, rmSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Database from 'better-sqlite3';
import type { MigrationMeta } from 'drizzle-orm/migrator';
import { OperatorError } from '../errors.ts';
import type { DatabaseCopy } from '../seams/database_copy.ts';
import { damagedAdvice, databaseErrorCode, isBusy, openError } from './better_sqlite3_errors.ts';
import { lostDatabaseComplaint } from './lost_database.ts';
import { readMigrations } from './migration_files.ts';
import { fileComplaint, isMissing } from './regular_file.ts';
import { refusalOf } from './sql_copy_mark.ts';

const inMemory = ':memory:';
/** How long a connection waits for a lock that another process holds. */
export const busyTimeoutMilliseconds = 2000;
const busyPollMilliseconds = 20;

/** 16 MB: pages that were written again and again are copied once. */
export const walPagesBeforeCheckpoint = 4000;

/**
 * What every connection runs with; read back after setting, because a wrong one loses acknowledged commits.
 *
 * No mmap_size: it saves some microseconds of each page that is read, but one that cannot be read would end the process by
 * SIGBUS. The cache stays at better-sqlite3's 16 MB: with 64 MB the CPU of a lookup among a million families was the same.
 */
const pragmas = {
  synchronous: 2,
  foreign_keys: 1,
  busy_timeout: busyTimeoutMilliseconds,
  secure_delete: 1,
  wal_autocheckpoint: walPagesBeforeCheckpoint,
  // A long read of another process lets the log grow; once it begins anew, its file is cut to this.
  journal_size_limit: 2 * walPagesBeforeCheckpoint * 4096,
} as const;

const sleep = (milliseconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
};

/** Of processes that change the journal mode of a new file at once, SQLite turns some away without letting them wait. */
const patiently = <Done>(work: () => Done): Done => {
  const givesUpAt = performance.now() + busyTimeoutMilliseconds;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > givesUpAt) throw error;
      sleep(busyPollMilliseconds);
    }
  }
};

const useWriteAheadLog = (client: Database.Database): void => {
  patiently(() => client.pragma('journal_mode = WAL'));
};

/** Another process may be first, and some file systems have no links: then it is made by opening it. */
const linkNew = (complete: string, path: string): void => {
  try {
    linkSync(complete, path);
  } catch (error) {
    if (databaseErrorCode(error) === undefined) throw error;
  }
};

/** It has its name once it has its header: one that is empty was emptied. */
const makeNewFile = (path: string): void => {
  const partial = `${path}.new-${randomBytes(6).toString('hex')}`;
  closeSync(openSync(partial, 'wx', 0o600));
  try {
    const client = new Database(partial);
    try {
      useWriteAheadLog(client);
    } finally {
      client.close();
    }
    linkNew(partial, path);
  } finally {
    rmSync(partial);
  }
};

const makeFile = (path: string): void => {
  const complaint = fileComplaint(path);
  if (complaint !== undefined)
    throw new OperatorError(`The database ${path} could not be opened: ${complaint}. Name an SQLite database.`);
  const lost = lostDatabaseComplaint(path, false);
  if (lost !== undefined) throw new OperatorError(lost);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (!existsSync(path)) makeNewFile(path);
  closeSync(openSync(path, 'a', 0o600));
};

const tablesOf = (client: Database.Database): readonly unknown[] =>
  client.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();

/** Which file the path names: `restore` puts another there. */
const identityOf = (file: string): string => {
  const { dev, ino } = statSync(file, { bigint: true });
  return `${dev} ${ino}`;
};

/** Opens the file the path still names once nobody holds it alone any more: one that was replaced meanwhile is let go. */
const openCurrent = (file: string): Database.Database => {
  makeFile(file);
  const opened = identityOf(file);
  const client = new Database(file, { timeout: busyTimeoutMilliseconds });
  try {
    patiently(() => tablesOf(client));
    if (identityOf(file) === opened) return client;
  } catch (error) {
    client.close();
    throw error;
  }
  client.close();
  return openCurrent(file);
};

/** @returns undefined where it is a database to be served. */
export const readCopyMark = (client: Database.Database): DatabaseCopy | undefined =>
  tablesOf(client).includes('database_copy')
    ? client.prepare<[], DatabaseCopy>('SELECT kind, at, other FROM database_copy').get()
    : undefined;

const configure = (client: Database.Database): void => {
  useWriteAheadLog(client);
  for (const [name, value] of Object.entries(pragmas)) {
    client.pragma(`${name} = ${value}`);
    const actual = client.pragma(name, { simple: true });
    if (actual !== value) throw new Error(`SQLite did not take PRAGMA ${name} = ${value}; it says ${actual}.`);
  }
};

export const assertServed = (client: Database.Database, path: string): void => {
  const mark = readCopyMark(client);
  if (mark !== undefined) throw refusalOf(path, mark);
};

/** Read in some tenths of a second. Of a larger file, the tables that every request needs are checked at start. */
const wholeCheckBytes = 64 * 1024 * 1024;

const checksOf = (client: Database.Database): readonly string[] => {
  const bytes =
    Number(client.pragma('page_count', { simple: true })) * Number(client.pragma('page_size', { simple: true }));
  if (bytes <= wholeCheckBytes) return ['quick_check(1)'];
  const tables = tablesOf(client);
  return ['signing_key', 'client', 'resource']
    .filter((name) => tables.includes(name))
    .map((name) => `quick_check('${name}')`);
};

const bytesOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** What a cut took of the last page SQLite reads as zeros. Where there is a log, the page may be whole in that. */
const cutsOf = (client: Database.Database, file: string): readonly string[] => {
  const isCut =
    bytesOf(`${file}-wal`) === 0 && bytesOf(file) % Number(client.pragma('page_size', { simple: true })) > 0;
  return isCut ? ['the file ends in the middle of a page'] : [];
};

const assertSound = (client: Database.Database, path: string): void => {
  const checked = checksOf(client).map((check) => client.pragma(check, { simple: true }));
  for (const found of [...cutsOf(client, path), ...checked]) {
    if (found !== 'ok') throw new OperatorError(`The database ${path} is damaged: ${found}. ${damagedAdvice}`);
  }
};

const pendingMigrationsOf = (client: Database.Database): readonly MigrationMeta[] => {
  const applied = tablesOf(client).includes('__drizzle_migrations')
    ? Number(client.prepare('SELECT coalesce(max(created_at), 0) FROM __drizzle_migrations').pluck().get())
    : 0;
  return readMigrations('sqlite').filter(({ folderMillis }) => folderMillis > applied);
};

/** Of two processes that start at once, the one that waited for the other finds nothing left to do. */
const applyPending = (client: Database.Database): void => {
  client.exec(
    'CREATE TABLE IF NOT EXISTS __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)',
  );
  const applied = client.prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)');
  for (const { sql, hash, folderMillis } of pendingMigrationsOf(client)) {
    for (const statement of sql) client.exec(statement);
    applied.run(hash, folderMillis);
  }
};

/** As drizzle does it, but for its ROLLBACK: on a full disk SQLite has ended the transaction, and that would hide why. */
const migrate = (client: Database.Database): void => {
  if (pendingMigrationsOf(client).length > 0) client.transaction(applyPending).immediate(client);
};

/**
 * Takes what was erased out of the files. SQLite waits for those who read or write, for as long as the busy timeout says; of
 * another process that copies the log it says at once that it is busy.
 */
export const emptyLog = (client: Database.Database): void => {
  const givesUpAt = performance.now() + busyTimeoutMilliseconds;
  const isBusyStill = (): boolean => client.pragma('wal_checkpoint(TRUNCATE)', { simple: true }) === 1;
  while (isBusyStill() && performance.now() < givesUpAt) sleep(busyPollMilliseconds);
};

export interface OpenOptions {
  /** A copy is opened too: for who makes or ends it. */
  readonly copiesToo?: boolean;
}

/**
 * @param path - a file, made with mode 0600 if it is missing, or `:memory:`.
 * @throws {OperatorError} when it cannot be opened, is damaged, is no database, or a copy that is not to be served.
 */
export const openSqliteDatabase = (path: string, { copiesToo = false }: OpenOptions = {}): Database.Database => {
  const file = path === inMemory ? path : resolve(path);
  let client: Database.Database | undefined;
  try {
    client = file === inMemory ? new Database(file) : openCurrent(file);
    if (!copiesToo) assertServed(client, file);
    configure(client);
    assertSound(client, file);
    migrate(client);
    // What a process erased just before it was killed is in the file until a checkpoint.
    emptyLog(client);
    return client;
  } catch (error) {
    client?.close();
    throw openError(file, error);
  }
};

export interface SqliteInspection {
  /** What is wrong with the file; empty when it is sound. */
  readonly complaints: readonly string[];
  readonly copy: DatabaseCopy | undefined;
  /** Migrations the next start will apply. */
  readonly pendingMigrations: number;
}

/** @returns undefined where nothing is. @throws {OperatorError} where it cannot be seen. */
const statOf = (file: string): Stats | undefined => {
  try {
    return isMissing(file) ? undefined : statSync(file);
  } catch (error) {
    throw openError(file, error);
  }
};

/** SQLite takes the empty name for a database of its own, and a folder for a disk that fails. */
const assertFile = (path: string, file: string): void => {
  const found = path === '' ? undefined : statOf(file);
  if (found?.isFile()) return;
  const what = found === undefined ? 'There is no file' : 'This is no file, but something else:';
  throw new OperatorError(`${what} ${path === '' ? '""' : file}. Name an SQLite database. Nothing was changed.`);
};

/**
 * Reads a whole file for damage, and changes nothing.
 *
 * @throws {OperatorError} when it cannot be opened or is no database.
 */
export const inspectSqliteDatabase = (path: string): SqliteInspection => {
  const file = resolve(path);
  assertFile(path, file);
  let client: Database.Database | undefined;
  try {
    client = new Database(file, { readonly: true, fileMustExist: true, timeout: busyTimeoutMilliseconds });
    const found = client.pragma('integrity_check(10)') as readonly { readonly integrity_check: string }[];
    const complaints = found.map((row) => row.integrity_check).filter((complaint) => complaint !== 'ok');
    return {
      complaints: [...cutsOf(client, file), ...complaints],
      copy: readCopyMark(client),
      pendingMigrations: pendingMigrationsOf(client).length,
    };
  } catch (error) {
    throw openError(file, error);
  } finally {
    client?.close();
  }
};
