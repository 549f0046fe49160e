import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { processTestMilliseconds } from '../running_server.ts';
import { type RunningWorker, startWorker } from './running_worker.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

let worker: RunningWorker;
beforeAll(async () => {
  worker = await startWorker({ workerFolder: inject('workerFolder'), environment: { KEYTURN_SIGN_UP: 'on' } });
});
afterAll(() => worker?.close());

/** As in wrangler.toml. */
const limit = 120;
const post = (path: string, address: string): Promise<Response> =>
  worker.ask('issuer-0', path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'CF-Connecting-IP': address },
    body: 'csrf=x',
  });

/** The statuses of more posts than an address has, and the last answer. */
const postMany = async (path: (place: number) => string, address: (place: number) => string) => {
  const statuses: number[] = [];
  for (let place = 0; place < limit - 1; place += 1) statuses.push((await post(path(place), address(place))).status);
  // The binding's minute may end meanwhile: then it is begun once more.
  let last = await post(path(0), address(0));
  for (let more = 0; last.status !== 429 && more < limit + 2; more += 1) last = await post(path(more), address(more));
  return { statuses, last };
};

describe('ADDRESS_LIMIT, the outer limit of what an address posts to pages', () => {
  test('T130: counts a page by whatever spelling of its path', async () => {
    const spellings = ['/%6cogin', '/log%69n', '/%73ign-up'];
    const { statuses, last } = await postMany(
      (place) => spellings[place % spellings.length] ?? '',
      () => '203.0.113.1',
    );
    expect(new Set(statuses)).toEqual(new Set([403]));
    expect(last.status).toBe(429);
    expect((await post('/sign-up', '203.0.113.1')).status).toBe(429);
    expect((await post('/login', '203.0.113.2')).status).toBe(403);
  });

  test('T101: counts an IPv6 network of one subscriber as one address', async () => {
    const { last } = await postMany(
      () => '/login',
      (place) => `2001:db8:1:2::${(place + 1).toString(16)}`,
    );
    expect(last.status).toBe(429);
    expect((await post('/login', '2001:db8:1:3::1')).status).toBe(403);
  });

  test('refuses with a page that nobody keeps, and logs it', async () => {
    const { last } = await postMany(
      () => '/login',
      () => '203.0.113.3',
    );
    expect(Object.fromEntries(last.headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'text/html; charset=utf-8',
      'retry-after': '60',
      'x-content-type-options': 'nosniff',
    });
    expect(await last.text()).toContain('<!doctype html>');
    await vi.waitFor(() => expect(worker.logged.join('\n')).toContain('"reason":"rate_limited"'));
  });
});
