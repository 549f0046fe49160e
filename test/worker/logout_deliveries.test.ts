import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { makeClient } from '../contracts/records.ts';
import { processTestMilliseconds } from '../running_server.ts';
import { type RunningWorker, startWorker } from './running_worker.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

/** What Cloudflare lets one event wait for at once; workerd on its own sets no bound. */
const mostConnections = 6;
const clients = 47;

let worker: RunningWorker;
/** The paths that were asked, and how many were at once. */
let told: string[] = [];
let [open, mostOpen] = [0, 0];
const take = (response: ServerResponse): void => {
  response.writeHead(200).end();
};
let answer: (path: string, response: ServerResponse) => void;
const server = createServer((request, response) => {
  told.push(request.url ?? '');
  open += 1;
  mostOpen = Math.max(mostOpen, open);
  response.once('close', () => {
    open -= 1;
  });
  request.resume().once('end', () => answer(request.url ?? '', response));
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  worker = await startWorker({ workerFolder: inject('workerFolder') });
  for (let place = 0; place < clients; place += 1)
    await worker.store.addClient(
      makeClient(`app-${place}`, { backchannelLogoutUri: `http://127.0.0.1:${port}/${place}` }),
    );
});
afterAll(async () => {
  await worker?.close();
  server.closeAllConnections();
  server.close();
});

/** A sign-out that every client is to be told of, in their order. */
beforeEach(async () => {
  told = [];
  mostOpen = 0;
  const database = await worker.miniflare.getD1Database('DB', 'issuer-0');
  const queue = database.prepare(
    "insert into logout_delivery (id, client_id, sub, sid, attempts, next_attempt_at) values (?, ?, 'ada', ?, 0, ?)",
  );
  await database.batch(
    Array.from({ length: clients }, (_, place) =>
      queue.bind(`${place}`, `app-${place}`, `desk-${place}`, 1000 + place),
    ),
  );
});

test.each(['/logout', '/%6cogout', '/account/sessions', '/revoke'])(
  'T135: POST %s, which may end sessions, tells clients behind its answer',
  async (path) => {
    answer = (_, response) => take(response);
    await worker.miniflare.dispatchFetch(`${worker.issuer}${path}`, { method: 'POST' });
    await vi.waitFor(() => expect(new Set(told).size).toBe(clients), 20_000);
  },
);

describe('a cron trigger, by which alone some clients are told of sign-outs', () => {
  test('T135: tells all that are due, and no more at once than an event has connections', async () => {
    answer = (_, response) => take(response);
    expect(await worker.trigger()).toBe('ok');
    expect(told.toSorted()).toEqual(Array.from({ length: clients }, (_, place) => `/${place}`).toSorted());
    expect(mostOpen).toBeLessThan(mostConnections);
  });

  test('T135: and those that are slow to answer do not take the time of the others', async () => {
    const slow = Array.from({ length: mostConnections + 1 }, (_, place) => `/${place}`);
    answer = (path, response) => {
      if (!slow.includes(path)) take(response);
    };
    expect(await worker.trigger()).toBe('ok');
    const prompt = told.filter((path) => !slow.includes(path));
    expect(prompt).toHaveLength(clients - slow.length);
    expect(new Set(prompt).size).toBe(clients - slow.length);
    expect(mostOpen).toBeLessThan(mostConnections);
  });
});
