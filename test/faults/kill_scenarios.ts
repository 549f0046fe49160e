// What is killed by the tests of I9: commands that write the keys, each on a copy of a database prepared for it, and the
// facts that must hold whenever it dies.
import { copyFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import { createManualClock } from '../manual_clock.ts';
import {
  databasePathIn,
  environmentFor,
  launcher,
  makeFolder,
  type Outcome,
  outcomeOf,
  removeFolder,
  ringPathIn,
  start,
} from '../running_server.ts';
import { createTestProvider, makeKekRing } from '../test_provider.ts';
import { activeKidIn, expectKeyFacts, readRows } from './key_facts.ts';

const issuer = 'http://127.0.0.1:4600';
const day = 86_400;
const driver = fileURLToPath(new URL('./drive.ts', import.meta.url));

const oldRing = makeKekRing('kek-old');
const newRing = JSON.stringify({
  keys: [...JSON.parse(makeKekRing('kek-new')).keys, ...JSON.parse(oldRing).keys],
});

/** A database whose rings were started so many days ago and not touched since. */
const prepare = async (daysAgo: number): Promise<string> => {
  const databasePath = databasePathIn(makeFolder());
  const clock = createManualClock(Math.floor(Date.now() / 1000) - daysAgo * day);
  const environment = { KEYTURN_ISSUER: issuer };
  const { store } = await createTestProvider({ databasePath, clock, kekRing: oldRing, environment });
  await store.close();
  return databasePath;
};

/** What is killed, on a copy of which database, and what is left to assert once it was not. */
export interface Scenario {
  readonly name: string;
  /** Absent: there is none yet. */
  readonly database?: () => string;
  readonly kekRing?: string;
  readonly args: (before: readonly SigningKeyRecord[]) => readonly string[];
  readonly done: (before: readonly SigningKeyRecord[], after: readonly SigningKeyRecord[]) => void;
}

let aged: string;
let overdue: string;

const kidOf = (rows: readonly SigningKeyRecord[], alg: 'ES256' | 'RS256'): string => activeKidIn(rows, alg, issuer);

export const scenarios: readonly Scenario[] = [
  {
    name: 'the first start',
    args: () => [driver],
    done: (_, after) => expect(after.map(({ alg, slot }) => `${alg} ${slot}`)).toHaveLength(4),
  },
  {
    name: 'a start after a turn that nobody was there for',
    database: () => overdue,
    args: () => [driver],
    done: (before, after) => expect(after.length).toBeGreaterThan(before.length),
  },
  {
    name: 'keys rotate',
    database: () => aged,
    args: () => [launcher, 'keys', 'rotate', '--alg', 'ES256'],
    done: (before, after) => {
      expect(kidOf(after, 'ES256')).not.toBe(kidOf(before, 'ES256'));
      expect(kidOf(after, 'RS256')).toBe(kidOf(before, 'RS256'));
    },
  },
  {
    name: 'keys revoke',
    database: () => aged,
    args: (before) => [launcher, 'keys', 'revoke', kidOf(before, 'ES256')],
    done: (before, after) => {
      const revoked = after.find(({ kid }) => kid === kidOf(before, 'ES256'));
      expect(revoked).toMatchObject({ privateJwe: null, revokedAt: expect.any(Number) });
    },
  },
  {
    name: 'keys rewrap',
    database: () => aged,
    kekRing: newRing,
    args: () => [launcher, 'keys', 'rewrap'],
    done: (before, after) => {
      const kept = after.filter(({ privateJwe }) => privateJwe !== null);
      expect(kept).toHaveLength(before.length);
      for (const { privateJwe } of kept)
        expect(JSON.parse(Buffer.from(privateJwe?.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
          kid: 'kek-new',
        });
    },
  },
];

export interface Run {
  readonly outcome: Outcome;
  readonly after: readonly SigningKeyRecord[];
}

/** Runs a scenario on a database of its own, under `wrapper`, and asserts the facts whatever became of it. */
export const runScenario = async (
  { database, kekRing = oldRing, args }: Scenario,
  before: readonly SigningKeyRecord[],
  wrapper: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): Promise<Run> => {
  const folder = makeFolder();
  const databasePath = databasePathIn(folder);
  if (database !== undefined) copyFileSync(database(), databasePath);
  writeFileSync(ringPathIn(folder), kekRing, { mode: 0o600 });
  const [command, ...rest] = wrapper;
  const settings = environmentFor(folder, { KEYTURN_ISSUER: issuer, ...environment });
  const outcome = await outcomeOf(start(command, [...rest, ...args(before)], folder, settings));
  const after = await expectKeyFacts({ databasePath, kekRing, issuer }, before);
  removeFolder(folder);
  return { outcome, after };
};

export const wasKilled = ({ outcome }: Run): boolean => outcome.signal === 'SIGKILL' || outcome.code === 137;

export const rowsBefore = async ({ database }: Scenario): Promise<readonly SigningKeyRecord[]> =>
  database === undefined ? [] : readRows(database());

/** To be called before the first scenario. */
export const prepareScenarios = async (): Promise<void> => {
  aged = await prepare(15);
  overdue = await prepare(40);
};
