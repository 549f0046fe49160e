import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { processTestMilliseconds } from '../running_server.ts';
import { bundleWorker } from './bundled.ts';
import { type RunningWorker, startWorker } from './running_worker.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

const snapshotSeconds = 2;
/** Of slow_worker.js, and a little more. */
const drainedMilliseconds = 31_000;

let folder: string;
let worker: RunningWorker;
beforeAll(async () => {
  folder = await bundleWorker('test/worker/slow_worker.js');
  const environment = { KEYTURN_SNAPSHOT_SECONDS: `${snapshotSeconds}` };
  worker = await startWorker({ workerFolder: folder, environment });
});
afterAll(async () => {
  await worker?.close();
  rmSync(folder, { recursive: true, force: true });
});

const makeSlow = (seconds: number): Promise<Response> => fetch(`${worker.issuer}/slow?seconds=${seconds}`);

/** Not from what the data centre keeps, which is asked for without a query. */
const keySet = '/.well-known/jwks.json?fresh';
const statusOf = async (path: string): Promise<number> =>
  (await fetch(worker.issuer + path, { signal: AbortSignal.timeout(8000) })).status;

/** A client that goes away by a reset, which workerd sees at once. */
const leave = async (path: string): Promise<void> => {
  const asked = request(worker.issuer + path).on('error', () => undefined);
  asked.end();
  const [socket] = await once(asked, 'socket');
  await wait(200);
  socket.resetAndDestroy();
};

describe('a D1 that is slow', () => {
  test('keeps nobody waiting for the key set, the metadata and whether there is life: they come from memory', async () => {
    expect(await statusOf(keySet)).toBe(200);
    await wait(snapshotSeconds * 1000 + 100);
    await makeSlow(9.5);
    for (const path of [
      keySet,
      '/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server',
      '/health/live',
    ])
      expect([path, await statusOf(path)]).toEqual([path, 200]);
    await makeSlow(0);
  });

  test('and clients that went away meanwhile leave nobody waiting once it is well again', async () => {
    expect(await statusOf(keySet)).toBe(200);
    await wait(snapshotSeconds * 1000 + 1100);
    await makeSlow(9.5);
    await Promise.all(['/status-lists?fresh', '/historical-keys', keySet].map(leave));
    await wait(drainedMilliseconds);
    await makeSlow(0);
    for (const path of [keySet, '/status-lists?fresh', '/historical-keys', '/health/ready'])
      expect([path, await statusOf(path)]).toEqual([path, 200]);
  });
});
