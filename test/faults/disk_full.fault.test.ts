// F2: the disk is full, and then there is room again. A file system of some megabytes, filled to the last byte.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { password } from '../people.ts';
import {
  makeFolder,
  processTestMilliseconds,
  type RunningServer,
  runCli,
  startServer,
  until,
} from '../running_server.ts';
import { readAnswer } from '../token_requests.ts';
import { bounded, inMilliseconds, tell } from './bounds.ts';
import {
  askRefresh,
  askToken,
  countBy,
  type FaultNode,
  faultSettings,
  prepareNode,
  type Rotation,
  statusOf,
} from './fault_node.ts';
import { emptyLedger, expectKept } from './people_ledger.ts';
import { send } from './people_node.ts';

const rounds = bounded(2, 10);
const families = 8;
const mostRefreshes = 3000;
const parent = makeFolder();
const folder = join(parent, 'small');
mkdirSync(folder);
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]).status === 0;
if (!mounted) console.warn('NOT RUN: a full disk needs a small file system, and only root may mount one.');

afterAll(() => {
  if (mounted) spawnSync('umount', ['-l', folder]);
});

const filler = join(folder, 'filler');

const fill = (): void => {
  const file = openSync(filler, 'a');
  for (const size of [65_536, 4096]) {
    const bytes = Buffer.alloc(size);
    try {
      for (;;) writeSync(file, bytes);
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    }
  }
  closeSync(file);
  expect(statfsSync(folder).bavail).toBe(0);
};

const cookieOf = (response: Response): string => response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';

/** @returns the status of a sign-in with the right password. */
const signIn = async (url: string): Promise<number> => {
  const page = await fetch(`${url}/login`);
  const csrf = /name="csrf" value="([^"]*)"/.exec(await page.text())?.[1] ?? '';
  const headers = { Cookie: cookieOf(page), Origin: 'null', 'X-Forwarded-For': '198.18.7.7' };
  return statusOf(send(`${url}/login`, { csrf, login: 'ada', password }, headers));
};

describe.runIf(mounted)('F2: a full disk', { timeout: 2 * processTestMilliseconds }, () => {
  let node: FaultNode;
  let server: RunningServer;
  const rotated: Rotation[] = [];
  const healed: number[] = [];

  beforeAll(async () => {
    node = await prepareNode(families, folder);
    server = await startServer(folder, faultSettings);
  }, processTestMilliseconds);

  const current = (first: string): string => rotated.reduce((at, { from, to }) => (from === at ? to : at), first);

  /** Refreshes the families in turn until one is refused. @returns how many were not. */
  const refreshUntilRefused = async (): Promise<number> => {
    for (let done = 0; done < mostRefreshes; done += 1) {
      const first = node.refreshTokens[done % families] ?? '';
      const response = await askRefresh(server.url, current(first));
      if (response.status !== 200) {
        expect([response.status, response.headers.get('Retry-After')]).toEqual([503, expect.any(String)]);
        return done;
      }
      rotated.push({ from: current(first), to: (await readAnswer(response)).refresh_token });
    }
    throw new Error('the disk never filled');
  };

  test('what writes gets 503, what does not goes on, and with room again all goes on without a restart', async () => {
    const reads = ['/.well-known/jwks.json', '/.well-known/openid-configuration', '/health/ready', '/login'];
    const answered: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      fill();
      await refreshUntilRefused();
      for (const path of reads) expect([path, await statusOf(fetch(server.url + path))]).toEqual([path, 200]);
      for (let write = 0; write < 20; write += 1)
        answered.push(await statusOf(askRefresh(server.url, current(node.refreshTokens[write % families] ?? ''))));
      expect(await signIn(server.url)).toBe(503);
      expect(await statusOf(askToken(server.url))).toBe(200);
      rmSync(filler);
      const started = performance.now();
      await until('a write is done', async () => ((await signIn(server.url)) === 303 ? true : undefined));
      healed.push(performance.now() - started);
      await until('a family is refreshed', async () =>
        (await statusOf(askRefresh(server.url, current(node.refreshTokens[0] ?? '')))) === 200 ? true : undefined,
      );
    }
    expect(new Set(answered)).toEqual(new Set([503]));
    expect(server.child.exitCode).toBeNull();
    expectKept(node.databasePath, { ...emptyLedger(), rotated });
    tell(
      'F2',
      `the disk filled to the last byte ${rounds} times under refreshes and sign-ins, and emptied`,
      `writes ${countBy(answered)}; key set, metadata, tokens that write nothing 200; healed after ${inMilliseconds(Math.max(...healed))} at most; all ${rotated.length} acknowledged kept`,
    );
  });

  test('a backup there is no room for is named, not the database, and nothing is left of it', async () => {
    fill();
    const { code, stderr } = await runCli(['backup', 'b.sqlite'], folder, faultSettings);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${join(folder, 'b.sqlite')} could not be`)]);
    expect(stderr).toMatch(/\. The disk is full/);
    expect(readdirSync(folder).filter((name) => name.startsWith('b.sqlite'))).toEqual([]);
    rmSync(filler);
  });

  test('keys that cannot be revoked for want of room are as they were, the message says so, and then it goes', async () => {
    fill();
    await refreshUntilRefused();
    const kids = async (): Promise<string> => (await fetch(`${server.url}/.well-known/jwks.json`)).text();
    const before = await kids();
    const [kid = ''] = (JSON.parse(before) as { keys: { kid: string }[] }).keys.map((key) => key.kid);
    const refused = await runCli(['keys', 'revoke', kid], folder, faultSettings);
    expect(refused.code, refused.stdout).toBe(1);
    expect(refused.stderr).toMatch(/full/);
    expect(await kids()).toBe(before);
    expect(await statusOf(askToken(server.url))).toBe(200);
    rmSync(filler);
    expect(await runCli(['keys', 'revoke', kid], folder, faultSettings)).toMatchObject({ code: 0 });
    await until('the key is not published', async () => ((await kids()).includes(kid) ? undefined : true));
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    tell(
      'F2',
      'a command that turns keys on a full disk',
      'refused with the reason, keys unchanged; done once there was room',
    );
  });

  test('a command or a first start without the room to open a database says so', async () => {
    fill();
    const refused = [await runCli(['keys', 'list'], folder, faultSettings)];
    for (const kilobytes of [0, 4, 32, 64, 128, 256]) {
      truncateSync(filler, statSync(filler).size - kilobytes * 1024);
      refused.push(await runCli(['serve'], folder, { ...faultSettings, KEYTURN_DATABASE_URL: 'file:first.sqlite' }));
      for (const suffix of ['', '-wal', '-shm']) rmSync(join(folder, `first.sqlite${suffix}`), { force: true });
      fill();
    }
    for (const { code, stderr } of refused)
      expect([code, stderr]).toEqual([1, expect.stringMatching(/\. The disk is full/)]);
    rmSync(filler);
    expect(await runCli(['keys', 'list'], folder, faultSettings)).toMatchObject({ code: 0 });
  });
});
