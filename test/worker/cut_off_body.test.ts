import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { processTestMilliseconds } from '../running_server.ts';
import { type RunningWorker, startWorker } from './running_worker.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

let worker: RunningWorker;
beforeAll(async () => {
  worker = await startWorker({ workerFolder: inject('workerFolder') });
  expect((await fetch(`${worker.issuer}/health/ready`)).status).toBe(200);
});
afterAll(() => worker?.close());

const chunk = '14\r\ngrant_type=client_cre\r\n';

describe('a client that goes away in mid-body', () => {
  test.each([
    ['of a length, by a reset', 'Content-Length: 1000', 'grant_type=', 'resetAndDestroy'],
    ['of a length, by an end', 'Content-Length: 1000', 'grant_type=', 'end'],
    ['of no length, by a reset', 'Transfer-Encoding: chunked', chunk, 'resetAndDestroy'],
    ['of no length, by an end', 'Transfer-Encoding: chunked', chunk, 'end'],
  ] as const)('%s, is no failure of ours', async (_, length, begun, leave) => {
    const before = worker.logged.length;
    const socket = connect(Number(new URL(worker.issuer).port), '127.0.0.1').on('error', () => undefined);
    const type = 'Content-Type: application/x-www-form-urlencoded';
    socket.write(`POST /token HTTP/1.1\r\nHost: a\r\n${type}\r\n${length}\r\n\r\n${begun}`);
    await wait(100);
    socket[leave]();
    const logged = () => worker.logged.slice(before).join('\n');
    await vi.waitFor(() => expect(logged()).toContain('"reason":"body_cut_off"'), 5000);
    expect(logged()).not.toContain('"level":50');
  });
});
