// F6: a process is stopped for longer than its view of the keys may be old, a key is revoked meanwhile, and it goes on.
// F12: the same with an event loop that stands still, and with a machine whose cores are all busy.
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { quantileOf } from '../../bench/open_loop/open_loop.ts';
import {
  launcher,
  processTestMilliseconds,
  type RunningServer,
  runCli,
  startServer,
  until,
} from '../running_server.ts';
import { tokenAnswer } from '../test_provider.ts';
import { bounded, inMilliseconds, tell } from './bounds.ts';
import { askToken, type FaultNode, faultSettings, prepareNode } from './fault_node.ts';

const rounds = bounded(2, 8);
const snapshotSeconds = 2;
const tokenSeconds = 600;
const stall = fileURLToPath(new URL('./stall.ts', import.meta.url));
const settings = { ...faultSettings, KEYTURN_SNAPSHOT_SECONDS: `${snapshotSeconds}` };

let node: FaultNode;
let server: RunningServer;
let stallFile: string;

beforeEach(async () => {
  node = await prepareNode(0);
  stallFile = join(node.folder, 'stall');
  const environment = { ...settings, STALL_FILE: stallFile };
  server = await startServer(node.folder, environment, [process.execPath, '--import', stall, launcher]);
}, processTestMilliseconds);
afterEach(async () => {
  server.child.kill('SIGCONT');
  await server.stop();
});

interface Signed {
  readonly status: number;
  readonly kid: string | undefined;
  readonly iat: number;
  readonly exp: number;
  readonly milliseconds: number;
}

const askSigned = async (): Promise<Signed> => {
  const started = performance.now();
  // A connection that was idle for too long when the process goes on is closed under the request.
  const response = await askToken(server.url).catch(() => new Response(null, { status: 503 }));
  const token = response.status === 200 ? (await tokenAnswer(response)).access_token : undefined;
  const milliseconds = performance.now() - started;
  if (token === undefined) return { status: response.status, kid: undefined, iat: 0, exp: 0, milliseconds };
  const { iat = 0, exp = 0 } = decodeJwt(token);
  return { status: response.status, kid: decodeProtectedHeader(token).kid, iat, exp, milliseconds };
};

const untilSigned = (): Promise<Signed> =>
  until('a token is signed', async () => {
    const signed = await askSigned();
    return signed.status === 200 ? signed : undefined;
  });

/**
 * Sends requests, holds the process up while the key that signs is revoked, and lets it go on.
 *
 * @returns what the waiting requests were answered with.
 */
const revokeMeanwhile = async (
  holdUp: () => void,
  goOn: () => void,
  heldSeconds: number,
): Promise<readonly Signed[]> => {
  const { kid = '' } = await untilSigned();
  holdUp();
  await wait(50);
  const waiting = Array.from({ length: 20 }, askSigned);
  const revoked = await runCli(['keys', 'revoke', kid], node.folder, settings);
  expect(revoked.code, revoked.stderr).toBe(0);
  await wait(heldSeconds * 1000);
  goOn();
  const answers = await Promise.all(waiting);
  const after = await Promise.all(Array.from({ length: 20 }, askSigned));
  for (const { status, kid: by, iat, exp } of [...answers, ...after]) {
    expect([200, 503]).toContain(status);
    if (status !== 200) continue;
    expect(by).not.toBe(kid);
    expect(exp - iat).toBe(tokenSeconds);
    expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(10);
  }
  expect((await untilSigned()).kid).not.toBe(kid);
  return [...answers, ...after];
};

const summary = (answers: readonly Signed[]): string => {
  const signed = answers.filter(({ status }) => status === 200).length;
  return `of ${answers.length} requests that waited ${signed} were signed, by the next key, ${answers.length - signed} got 503 or no answer; none by the revoked key`;
};

describe('F6: SIGSTOP for longer than P, then SIGCONT', { timeout: 2 * processTestMilliseconds }, () => {
  test('nothing is signed with what was known before', async () => {
    const answers: Signed[] = [];
    for (let round = 0; round < rounds; round += 1)
      answers.push(
        ...(await revokeMeanwhile(
          () => server.child.kill('SIGSTOP'),
          () => server.child.kill('SIGCONT'),
          snapshotSeconds + 0.5,
        )),
      );
    tell(
      'F6',
      `${rounds} times stopped past P = ${snapshotSeconds} s while the key that signs was revoked`,
      summary(answers),
    );
  });
});

describe('F12: the event loop stands still', { timeout: 2 * processTestMilliseconds }, () => {
  test('for longer than P while the key that signs is revoked: nothing is signed with it', async () => {
    const answers: Signed[] = [];
    const standStill = (): void => {
      writeFileSync(stallFile, '');
      server.child.kill('SIGUSR2');
    };
    for (let round = 0; round < rounds; round += 1)
      answers.push(...(await revokeMeanwhile(standStill, () => rmSync(stallFile), snapshotSeconds + 0.5)));
    tell(
      'F12',
      `${rounds} times the event loop stood still past P = ${snapshotSeconds} s while the key that signs was revoked`,
      summary(answers),
    );
  });

  test('two busy processes a core: every token is right', async () => {
    const hogs = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['-e', `const end = Date.now() + ${bounded(4, 20) * 1000}; while (Date.now() < end);`]),
    );
    const answers: Signed[] = [];
    while (hogs.some(({ exitCode }) => exitCode === null))
      answers.push(...(await Promise.all(Array.from({ length: 8 }, askSigned))));
    for (const { status, iat, exp } of answers) {
      // A process that gets no core for P s has an old view, and says so.
      expect([200, 503]).toContain(status);
      if (status === 200) expect(exp - iat).toBe(tokenSeconds);
    }
    expect((await untilSigned()).status).toBe(200);
    const times = answers.map(({ milliseconds }) => milliseconds);
    const refused = answers.filter(({ status }) => status !== 200).length;
    tell(
      'F12',
      `${answers.length} tokens beside 4 busy processes`,
      `${refused} refused with 503, p99 ${inMilliseconds(quantileOf(times, 0.99))}`,
    );
  });
});
