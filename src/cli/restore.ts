// `keyturn restore`: makes a database of a backup beside the one there is, ends in it what the backup would revive, and
// only then gives it its place. Killed at any moment it leaves either the old database or the new one.
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type Database from 'better-sqlite3';
import { inspectSqliteDatabase, readCopyMark } from '../adapters/better_sqlite3_database.ts';
import { openError } from '../adapters/better_sqlite3_errors.ts';
import {
  holdEmptyFile,
  holdSqliteFile,
  putSqliteFile,
  removeSqliteFile,
  unpackSqliteBackup,
} from '../adapters/better_sqlite3_files.ts';
import { connectHeld } from '../adapters/better_sqlite3_held.ts';
import { openBetterSqlite3 } from '../adapters/better_sqlite3_store.ts';
import { isPostgresUrl, sqliteFileOf } from '../adapters/database_url.ts';
import { fileBehind, isEmptyFile } from '../adapters/lost_database.ts';
import { createCopyMark, refusalOf } from '../adapters/sql_copy_mark.ts';
import { composeSqlStore } from '../adapters/sql_store.ts';
import { type Config, readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { KeyHistoryError } from '../keys/read_key_history.ts';
import type { KnownRevocation } from '../keys/restore_keys.ts';
import { verifyKeyHistory } from '../keys/verify_key_history.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { DatabaseCopy } from '../seams/database_copy.ts';
import { holdExistingDatabase } from './held_database.ts';
import { readCopy } from './keys_verify_history.ts';
import { assertNotRemote } from './remote.ts';
import { type RestoreReport, restoredDocument, restoredInWords } from './restore_report.ts';
import { restoreStore, type Said } from './restore_store.ts';
import { safeText } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal, warn } from './terminal.ts';

export interface RestoreOptions extends AnswerOptions {
  readonly inPlace?: boolean;
  readonly history?: string;
  readonly revoked?: readonly string[];
  readonly nothingRevokedSince?: boolean;
}

const readHistory = async (file: string, { issuer }: Config): Promise<readonly string[]> => {
  try {
    const history = await verifyKeyHistory(readCopy(file));
    if (history.issuer === issuer) return history.chain;
    throw new OperatorError(`The key history ${file} is of ${safeText(history.issuer)}, and not of ${issuer}.`);
  } catch (error) {
    if (!(error instanceof KeyHistoryError)) throw error;
    throw new OperatorError(
      `The key history ${file} does not verify: ${safeText(error.message)}. Nothing was changed.`,
      {
        cause: error,
      },
    );
  }
};

interface Witness {
  readonly chain: readonly string[];
  readonly revocations: readonly KnownRevocation[];
}

const knowsNothing: Witness = { chain: [], revocations: [] };

/** What the database that is replaced knows of keys, which may be more than the backup does. */
const askReplaced = async (held: Database.Database | undefined, terminal: Terminal): Promise<Witness> => {
  if (held === undefined) return knowsNothing;
  const { store } = composeSqlStore(connectHeld(held), terminal.clock);
  try {
    const { keys } = await store.readSigningKeys();
    const chain = (await store.readKeyEvents(0)).map(({ jws }) => jws);
    const revocations = keys.flatMap(({ kid, revokedAt, revocationReason }) =>
      revokedAt === null ? [] : [{ kid, revokedAt, reason: revocationReason ?? 'unspecified' }],
    );
    return { chain, revocations };
  } catch (error) {
    warn(terminal, `What the database that is replaced knows of revoked keys could not be read (${String(error)}).`);
    return knowsNothing;
  }
};

/** One that cannot be read is warned of where it is asked. */
const markOf = (held: Database.Database): DatabaseCopy | undefined => {
  try {
    return readCopyMark(held);
  } catch {
    return undefined;
  }
};

/** @throws {OperatorError} of a database that is served elsewhere: there, what a backup revives does not end. */
const assertNotMoved = (file: string, held: Database.Database): void => {
  const mark = markOf(held);
  if (mark?.kind === 'moved')
    throw new OperatorError(
      `${refusalOf(file, mark).message} If that one is lost, move ${file} elsewhere and restore again.`,
    );
};

/** The replaced database may be of another history: then it is no witness. */
const beginsAs = (chain: readonly string[], own: readonly { readonly jws: string }[]): boolean =>
  own.slice(0, chain.length).every(({ jws }, seq) => jws === chain[seq]);

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
};

const beside = (file: string): string => `${file}.restoring-`;

/** What restores that were killed left behind; one with our own number too, which in a container may be every time the same. */
const removeLeftovers = (file: string): void => {
  const prefix = basename(beside(file));
  for (const name of readdirSync(dirname(file))) {
    const pid = Number(/^\d+/.exec(name.slice(prefix.length))?.[0]);
    if (name.startsWith(prefix) && pid > 0 && (pid === process.pid || !isRunning(pid)))
      removeSqliteFile(join(dirname(file), `${prefix}${pid}`));
  }
};

/** The folder is made as the first start makes it. @throws {OperatorError} where it cannot be, or be looked through. */
const makeRoom = (file: string): void => {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    removeLeftovers(file);
  } catch (error) {
    throw openError(file, error);
  }
};

const asideOf = (file: string, now: NumericDate): string => {
  const name = `${file}.before-restore-${new Date(now * 1000).toISOString().replaceAll(/[-:]|\.000/g, '')}`;
  let aside = name;
  for (let other = 2; existsSync(aside); other += 1) aside = `${name}-${other}`;
  return aside;
};

/** One that was emptied stays so, with the log beside it, until the backup has proved good. */
const holdReplaced = (file: string, freeName: string): Database.Database | undefined => {
  if (!existsSync(file)) return undefined;
  return isEmptyFile(file) ? holdEmptyFile(file, freeName) : holdSqliteFile(file);
};

type Report = Omit<RestoreReport, 'nothingElseRevoked'>;

/** Everything up to the last step happens in a file of its own. */
const restoreFile = async (
  backup: string,
  file: string,
  config: Config,
  said: Omit<Said, 'backupAt'>,
  terminal: Terminal,
): Promise<Report> => {
  if (resolve(backup) === file)
    throw new OperatorError(`${file} is the database itself. To treat it as restored, use --in-place.`);
  const { copy } = inspectSqliteDatabase(backup);
  if (copy !== undefined && copy.kind !== 'backup') throw refusalOf(backup, copy);
  makeRoom(file);
  const stage = `${beside(file)}${process.pid}`;
  const held = holdReplaced(file, stage);
  try {
    if (held !== undefined) assertNotMoved(file, held);
    const witness = await askReplaced(isEmptyFile(file) ? undefined : held, terminal);
    unpackSqliteBackup(backup, stage);
    const { store } = openBetterSqlite3(stage, terminal.clock);
    const restored = await (async () => {
      const own = await store.readKeyEvents(0);
      const related = beginsAs(witness.chain, own);
      if (!related)
        warn(
          terminal,
          'The database that is replaced has another key history, so what it knows of revoked keys was not used.',
        );
      const known = related ? witness : knowsNothing;
      const chain = said.chain.length > 0 ? said.chain : known.chain;
      const all = { ...said, chain, revocations: known.revocations, backupAt: copy?.at };
      return restoreStore(store, config, all, terminal.clock);
    })().finally(() => store.close());
    const aside = held === undefined ? undefined : asideOf(file, restored.at);
    putSqliteFile(stage, file, aside);
    return { ...restored, backup, backupAt: copy?.at, database: file, aside };
  } finally {
    held?.close();
    removeSqliteFile(stage);
  }
};

/** For a database that was put back by other means, and is not served yet. */
const restoreInPlace = async (config: Config, said: Omit<Said, 'backupAt'>, { clock }: Terminal): Promise<Report> => {
  const { name, connection } = await holdExistingDatabase(config.databaseUrl, config);
  const { store } = composeSqlStore(connection, clock);
  try {
    const mark = createCopyMark(connection);
    const copy = await mark.find();
    if (copy !== undefined && copy.kind !== 'backup') throw refusalOf(name, copy);
    const restored = await restoreStore(store, config, { ...said, backupAt: copy?.at }, clock);
    await mark.takeOff();
    return { ...restored, backup: undefined, backupAt: copy?.at, database: name, aside: undefined };
  } finally {
    await store.close();
  }
};

/** Where a symbolic link leads to: that file is replaced, and not the link. */
const databaseFileOf = ({ databaseUrl }: Config): string => fileBehind(sqliteFileOf(databaseUrl));

const assertOne = (backup: string | undefined, { inPlace = false }: RestoreOptions): void => {
  if ((backup === undefined) !== inPlace)
    throw new OperatorError(
      'Name the backup to restore, or say --in-place for a database that was put back by other means; one of the two.',
    );
};

export const restore = async (
  backup: string | undefined,
  options: RestoreOptions,
  terminal: Terminal,
): Promise<void> => {
  assertOne(backup, options);
  const config = readConfig(terminal.environment);
  assertNotRemote(config, 'restore');
  if (backup !== undefined && isPostgresUrl(config.databaseUrl))
    throw new OperatorError(
      'A backup is of SQLite, and KEYTURN_DATABASE_URL is Postgres. Put its own backup back with pg_restore, then run "npx keyturn restore --in-place".',
    );
  const { history, revoked = [], nothingRevokedSince = false } = options;
  const chain = history === undefined ? [] : await readHistory(history, config);
  const said = { chain, revocations: [], revoked, nothingElseRevoked: nothingRevokedSince };
  const done = await (backup === undefined
    ? restoreInPlace(config, said, terminal)
    : restoreFile(backup, databaseFileOf(config), config, said, terminal));
  const report = { ...done, nothingElseRevoked: nothingRevokedSince };
  answer(terminal, options, restoredDocument(report, config), restoredInWords(report, config, terminal.columns));
};
