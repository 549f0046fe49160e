// F5: the machine's clock is set while the issuer runs, forward, back and by more than a year, by libfaketime.
import { setTimeout as wait } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMachineClock, type MachineClock } from '../machine_clock.ts';
import { processTestMilliseconds, type RunningServer, startServer, until } from '../running_server.ts';
import { tokenAnswer } from '../test_provider.ts';
import { readAnswer } from '../token_requests.ts';
import { bounded, tell } from './bounds.ts';
import { askRefresh, askToken, type FaultNode, faultSettings, prepareNode, statusOf } from './fault_node.ts';

const hour = 3600;
const day = 86_400;
/** Back and forth, each so often. */
const jumps = bounded([hour, -hour], [hour, -hour, hour, -hour, 600, -600, 90, -90]);

let node: FaultNode;
let clock: MachineClock;
let server: RunningServer;
let hasFakeTime: boolean;
let offBy = 0;

beforeAll(async () => {
  node = await prepareNode(2);
  clock = await createMachineClock(node.folder);
  hasFakeTime = await clock.setOffBy(0);
  if (!hasFakeTime) console.warn('NOT RUN: a clock that is set needs libfaketime (apt-get install faketime).');
  server = await startServer(node.folder, { ...faultSettings, ...clock.environment });
}, processTestMilliseconds);
afterAll(async () => {
  await server.stop();
});

const set = async (seconds: number): Promise<void> => {
  offBy = seconds;
  await clock.setOffBy(seconds);
};

const kidsNow = async (): Promise<readonly string[]> => {
  const response = await fetch(`${server.url}/.well-known/jwks.json`);
  return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
};

const accountStatus = (): Promise<number> =>
  statusOf(fetch(`${server.url}/account`, { redirect: 'manual', headers: { Cookie: node.cookies } }));

const refreshAll = async (): Promise<void> => {
  for (const [family, token] of node.refreshTokens.entries()) {
    const response = await askRefresh(server.url, token);
    expect(response.status).toBe(200);
    node.refreshTokens[family] = (await readAnswer(response)).refresh_token;
  }
};

/** Until tokens are signed again. @returns answers that were refused meanwhile. */
const untilSigned = async (): Promise<number> => {
  let refused = 0;
  await until('tokens are signed again', async () => {
    const response = await askToken(server.url);
    if (response.status === 200) {
      const { iat = 0 } = decodeJwt((await tokenAnswer(response)).access_token);
      // By the clock it has now, which it was told after its own reading of the database.
      expect(Math.abs(iat - (Date.now() / 1000 + offBy))).toBeLessThan(5);
      return true;
    }
    expect(response.status).toBe(503);
    await response.arrayBuffer();
    refused += 1;
    await wait(200);
    return undefined;
  });
  return refused;
};

describe('F5: the clock is set', { timeout: 3 * processTestMilliseconds }, () => {
  test('tokens wait until the keys were read by the new time; keys, sessions and refresh tokens stay', async (context) => {
    if (!hasFakeTime) return context.skip('libfaketime is not installed');
    const kids = await kidsNow();
    expect(await accountStatus()).toBe(200);
    const refused: number[] = [];
    for (const jump of jumps) {
      await set(jump > 0 ? jump : 0);
      const ready = await fetch(`${server.url}/health/ready`);
      expect([jump, ready.status]).toEqual([jump, 503]);
      expect(await ready.json()).toMatchObject({ reason: expect.stringMatching(/leapt|ago/) });
      expect(await statusOf(askToken(server.url))).toBe(503);
      refused.push(await untilSigned());
      expect(await kidsNow()).toEqual(kids);
      expect(await accountStatus()).toBe(200);
      await refreshAll();
    }
    await set(0);
    tell(
      'F5',
      `the clock set ${jumps.length} times, by up to an hour, forward and back`,
      `${refused.reduce((sum, count) => sum + count, jumps.length)} tokens refused with 503 and none signed until the keys were read anew; same keys, sessions and refresh tokens live on`,
    );
  });

  test('400 days ahead: what is over is over, new keys are published, and tokens are signed again', async (context) => {
    if (!hasFakeTime) return context.skip('libfaketime is not installed');
    await untilSigned();
    const before = await kidsNow();
    await set(400 * day);
    expect(await statusOf(askToken(server.url))).toBe(503);
    await untilSigned();
    const after = await until('new keys are published', async () => {
      const kids = await kidsNow();
      return kids.some((kid) => !before.includes(kid)) ? kids : undefined;
    });
    expect(await accountStatus()).toBe(303);
    await set(0);
    await fetch(`${server.url}/health/ready`);
    const back = await fetch(`${server.url}/.well-known/jwks.json`);
    expect(back.status).toBe(200);
    tell(
      'F5',
      'the clock set 400 days ahead, and back',
      `signs again, ${after.length} keys of which ${after.filter((kid) => before.includes(kid)).length} are old ones`,
    );
  });
});
