// I9: kill -9 at any moment leaves a state in which all invariants hold.
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import {
  databasePathIn,
  environmentFor,
  launcher,
  makeFolder,
  type Outcome,
  outcomeOf,
  processTestMilliseconds,
  removeFolder,
  ringPathIn,
  start,
  startServer,
  until,
} from '../running_server.ts';
import { createTestClock, createTestProvider, makeKekRing } from '../test_provider.ts';
import { activeKidIn, expectKeyFacts, readRows } from './key_facts.ts';

const issuer = 'http://127.0.0.1:4600';
const day = 86_400;
const preload = fileURLToPath(new URL('./kill_at_step.ts', import.meta.url));
const driver = fileURLToPath(new URL('./drive.ts', import.meta.url));
const mostSteps = 120;
const atOnce = 2;
/** Every step in `npm run soak`; a sixth of them in the everyday run. */
const everyNth = Number(process.env.KILL_STRIDE ?? 6);

const oldRing = makeKekRing('kek-old');
const newRing = JSON.stringify({
  keys: [...JSON.parse(makeKekRing('kek-new')).keys, ...JSON.parse(oldRing).keys],
});

const folders: string[] = [];
const newFolder = (): string => {
  const folder = makeFolder();
  folders.push(folder);
  return folder;
};

/** A database whose rings were started so many days ago and not touched since. */
const prepare = async (daysAgo: number): Promise<string> => {
  const databasePath = databasePathIn(newFolder());
  const clock = createTestClock(Math.floor(Date.now() / 1000) - daysAgo * day);
  const environment = { KEYTURN_ISSUER: issuer };
  const { store } = await createTestProvider({ databasePath, clock, kekRing: oldRing, environment });
  await store.close();
  return databasePath;
};

/** What is killed, on a copy of which database, and what is left to assert once it was not. */
interface Scenario {
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

const scenarios: readonly Scenario[] = [
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

interface Run {
  readonly outcome: Outcome;
  readonly after: readonly SigningKeyRecord[];
}

/** Runs a scenario on a database of its own, under `wrapper`, and asserts the facts whatever became of it. */
const runScenario = async (
  { database, kekRing = oldRing, args }: Scenario,
  before: readonly SigningKeyRecord[],
  wrapper: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): Promise<Run> => {
  const folder = newFolder();
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

const wasKilled = ({ outcome }: Run): boolean => outcome.signal === 'SIGKILL' || outcome.code === 137;

/** Kills at step 1, 2, 3... until there is no such step. @returns how many there were, and the run that was not killed. */
const killUntilDone = async (
  killAt: (step: number) => Promise<Run>,
): Promise<{ readonly steps: number; readonly finished: Run }> => {
  for (let steps = 0; steps < mostSteps; steps += atOnce) {
    const runs = await Promise.all(Array.from({ length: atOnce }, (_, ahead) => killAt(steps + ahead + 1)));
    const survived = runs.findIndex((run) => !wasKilled(run));
    const finished = runs[survived];
    if (finished !== undefined) return { steps: steps + survived, finished };
  }
  throw new Error(`still killed at step ${mostSteps}`);
};

const rowsBefore = async ({ database }: Scenario): Promise<readonly SigningKeyRecord[]> =>
  database === undefined ? [] : readRows(database());

beforeAll(async () => {
  aged = await prepare(15);
  overdue = await prepare(40);
}, processTestMilliseconds);

afterAll(() => {
  for (const folder of folders) removeFolder(folder);
});

describe('I9: SIGKILL around every statement that writes', () => {
  test.each(scenarios)('$name', { timeout: 2 * processTestMilliseconds }, async (scenario) => {
    const before = await rowsBefore(scenario);
    const wrapper = [process.execPath, '--import', preload] as const;
    const from = { KILL_FROM: scenario.database === undefined ? 'opening' : 'keys' };
    const killAt = (step: number, when: 'before' | 'after'): Promise<Run> =>
      runScenario(scenario, before, [...wrapper], { ...from, KILL_STEP: `${step}`, KILL_WHEN: when });
    const counted = join(newFolder(), 'steps');
    const finished = await runScenario(scenario, before, [...wrapper], { ...from, KILL_COUNT_FILE: counted });
    expect(finished.outcome).toMatchObject({ code: 0, signal: null });
    scenario.done(before, finished.after);

    const steps = Number(readFileSync(counted, 'utf8'));
    expect(steps).toBeGreaterThan(3);
    for (let step = 1; step <= steps; step += everyNth) expect(wasKilled(await killAt(step, 'before'))).toBe(true);
    // Right after one statement is right before the next; only the last has no next.
    const last = await killAt(steps, 'after');
    expect(wasKilled(last)).toBe(true);
    scenario.done(before, last.after);
  });
});

const hasStrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
if (!hasStrace)
  console.warn(
    'NOT RUN: SIGKILL at system calls needs strace, which is not installed or may not trace here (apt-get install strace).',
  );

describe.runIf(hasStrace)('I9: SIGKILL at system calls that write, by strace', () => {
  /** Where to start (before it the files are only being opened) and how far to step; each call is counted by itself. */
  const calls = [
    { call: 'pwrite64', first: 9, stride: 7 * everyNth },
    { call: 'fsync,fdatasync', first: 1, stride: 1 + everyNth },
  ] as const;
  const underStrace = (call: string, nth: number): readonly [string, ...string[]] => [
    'strace',
    ...['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${nth}`],
    process.execPath,
  ];
  const killed = scenarios.filter(({ name }) => name === 'keys rotate' || name === 'keys revoke');

  test.each(killed.flatMap((scenario) => calls.map((call) => ({ ...scenario, ...call }))))(
    '$name, by $call in steps of $stride',
    { timeout: processTestMilliseconds },
    async ({ call, first, stride, ...scenario }) => {
      const before = await rowsBefore(scenario);
      const killAt = (step: number): Promise<Run> =>
        runScenario(scenario, before, underStrace(call, first + (step - 1) * stride), {});
      const { steps, finished } = await killUntilDone(killAt);
      expect(steps).toBeGreaterThan(1);
      expect(finished.outcome).toMatchObject({ code: 0 });
      scenario.done(before, finished.after);
    },
  );
});

describe('I10 and I12: nodes that start at once', () => {
  test('six first starts on one new database make one key for each (alg, slot) and serve one key set', {
    timeout: processTestMilliseconds,
  }, async () => {
    const folder = newFolder();
    const servers = await Promise.all(
      Array.from({ length: 6 }, () => startServer(folder, { KEYTURN_ISSUER: issuer, KEYTURN_SNAPSHOT_SECONDS: '3' })),
    );
    const readAll = () =>
      Promise.all(
        servers.map(async ({ url }) => {
          const response = await fetch(`${url}/.well-known/jwks.json`);
          return `${response.headers.get('ETag')} ${await response.text()}`;
        }),
      );
    const served = await until('every node serves the same key set', async () => {
      const [first, ...others] = await readAll();
      return others.every((other) => other === first) ? first : undefined;
    });
    const rows = await readRows(databasePathIn(folder));
    expect(rows.map(({ alg, slot }) => `${alg} ${slot}`)).toEqual(['ES256 0', 'ES256 1', 'RS256 0', 'RS256 1']);
    const { keys } = JSON.parse(served.slice(served.indexOf('{'))) as JSONWebKeySet;
    expect(keys.map(({ kid }) => kid)).toEqual(rows.map(({ kid }) => kid));
    for (const { url } of servers)
      await until('every node signs', async () => ((await fetch(`${url}/health/ready`)).ok ? true : undefined));
    const secrets = servers.flatMap(({ stdout }) => [...stdout().matchAll(/first-client:([^']+)'/g)]);
    expect(secrets).toHaveLength(1);
    const ended = await Promise.all(servers.map((server) => server.stop()));
    expect(ended).toEqual(Array.from({ length: 6 }, () => ({ code: 0, signal: null })));
    for (const { stderr } of servers) expect(stderr()).toBe('');
    expect(await readRows(join(folder, 'keyturn.sqlite'))).toEqual(rows);
  });
});
