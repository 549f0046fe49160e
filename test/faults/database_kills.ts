// What is killed by the tests of F15: `restore` and `copy`, each in a folder of its own, and what must hold whenever they die.
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { inspectSqliteDatabase } from '../../src/adapters/better_sqlite3_database.ts';
import { addStanding, startFamily } from '../contracts/records.ts';
import { createManualClock } from '../manual_clock.ts';
import {
  databasePathIn,
  type Ended,
  environmentFor,
  launcher,
  makeFolder,
  type Outcome,
  outcomeOf,
  removeFolder,
  runCli,
  start,
} from '../running_server.ts';
import { createTestProvider, makeKekRing } from '../test_provider.ts';

const settings = { KEYTURN_ISSUER: 'http://127.0.0.1:4600', KEYTURN_KEK_RING: makeKekRing() };
const preloadOf = (name: string): string => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
export const [atFileStep, atStatement] = [preloadOf('kill_at_file_step'), preloadOf('kill_at_step')];

/** A folder with a database in which a family stands, and a backup of it. */
export const prepareFolder = async (): Promise<string> => {
  const folder = makeFolder();
  const { store } = await createTestProvider({
    databasePath: databasePathIn(folder),
    clock: createManualClock(Math.floor(Date.now() / 1000) - 86_400),
    kekRing: settings.KEYTURN_KEK_RING,
    environment: { KEYTURN_ISSUER: settings.KEYTURN_ISSUER },
  });
  await addStanding(store);
  await startFamily(store, 'family');
  await store.close();
  expect(await runCli(['backup', join(folder, 'b.sqlite')], folder, settings)).toMatchObject({ code: 0, stderr: '' });
  return folder;
};

export interface KilledCommand {
  readonly name: 'restore' | 'copy';
  readonly args: (folder: string) => readonly string[];
  /** Asserts what must hold. @returns whether the command has done its work. */
  readonly look: (folder: string) => boolean;
}

const markIn = (path: string): unknown => {
  const { complaints, copy } = inspectSqliteDatabase(path);
  expect(complaints).toEqual([]);
  return copy?.kind;
};

const ask = <Answer>(path: string, query: string): readonly Answer[] => {
  const database = new Database(path, { readonly: true });
  try {
    return database.prepare<[], Answer>(query).all();
  } finally {
    database.close();
  }
};

/** Either the old database or the new one, and never a bit of each. */
const lookAtRestored = (folder: string): boolean => {
  const path = databasePathIn(folder);
  expect(markIn(path)).toBeUndefined();
  const [family] = ask<{ end_reason: string | null }>(path, 'SELECT end_reason FROM token_family');
  const revoked = ask(path, 'SELECT kid FROM signing_key WHERE revoked_at IS NOT NULL').length;
  expect([family?.end_reason, revoked]).toEqual(family?.end_reason === null ? [null, 0] : ['database_restored', 4]);
  return family?.end_reason !== null;
};

/** Never two databases to be served. */
const lookAtCopied = (folder: string): boolean => {
  const [source, target] = [databasePathIn(folder), join(folder, 'copy.sqlite')];
  const left = markIn(source) === 'moved';
  const there =
    existsSync(target) && ask(target, "SELECT 1 FROM sqlite_schema WHERE name = 'database_copy'").length > 0;
  const begun = there && (markIn(target) === 'unfinished' || ask(target, 'SELECT kid FROM signing_key').length > 0);
  const served = begun && markIn(target) === undefined;
  expect(served && !left).toBe(false);
  return served;
};

export const killedCommands: readonly KilledCommand[] = [
  { name: 'restore', args: (folder) => ['restore', join(folder, 'b.sqlite')], look: lookAtRestored },
  {
    name: 'copy',
    args: (folder) => [
      'copy',
      '--from',
      `file:${databasePathIn(folder)}`,
      '--to',
      `file:${join(folder, 'copy.sqlite')}`,
    ],
    look: lookAtCopied,
  },
];

export const wasKilled = ({ signal, code }: Ended): boolean => signal === 'SIGKILL' || code === 137;

/** Runs it under a wrapper on a copy of a folder, looks, and, where it was killed, runs it again to its end. */
export const killAndGoOn = async (
  { args, look }: KilledCommand,
  prepared: string,
  wrapper: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): Promise<Outcome> => {
  const folder = makeFolder();
  cpSync(prepared, folder, { recursive: true });
  const [command, ...rest] = wrapper;
  const under = environmentFor(folder, { ...settings, ...environment });
  const outcome = await outcomeOf(start(command, [...rest, launcher, ...args(folder)], folder, under));
  const done = look(folder);
  if (!done) {
    expect(wasKilled(outcome)).toBe(true);
    expect(await runCli(args(folder), folder, settings)).toMatchObject({ code: 0 });
    expect(look(folder)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.includes('restoring'))).toEqual([]);
  }
  removeFolder(folder);
  return outcome;
};
