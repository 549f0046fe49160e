import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { createTestProvider } from '../test_provider.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

describe('health', () => {
  test('a node that signs is live and ready', async () => {
    const { app } = await createTestProvider();
    const [live, ready] = [await app.request('/health/live'), await app.request('/health/ready')];
    expect([live.status, await live.json()]).toEqual([200, { status: 'live' }]);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
    expect(live.headers.get('Cache-Control')).toBe('no-store');
    expect(ready.headers.get('Cache-Control')).toBe('no-store');
  });

  test('a node whose view is older than P is live, not ready, and says the ages', async () => {
    const { app, clock, config } = await createTestProvider();
    const allowed = config.policy.snapshotSeconds;
    clock.advance(allowed + 5);
    const ready = await app.request('/health/ready');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({
      status: 'not ready',
      reason: `the signing keys were last read ${allowed + 5} s ago, at most ${allowed} s are allowed`,
    });
    expect((await app.request('/health/live')).status).toBe(200);
  });

  test('a node whose store takes no more writes is live, not ready, and says why', async () => {
    const provider = await createTestProvider();
    const reason = 'the disk failed under the database, or its file is damaged';
    const app = createApp({ ...provider, storeFence: { reason: () => reason, fenced: Promise.resolve(reason) } });
    const ready = await app.request('/health/ready');
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'not ready', reason }]);
    expect((await app.request('/health/live')).status).toBe(200);
  });

  test('a node whose store lacks tables, or does not say whether it does, is live, not ready, and says so', async () => {
    const provider = await createTestProvider();
    const readiness = async (lack: () => Promise<string | undefined>) => {
      const answer = await createApp({ ...provider, storeSchema: { lack } }).request('/health/ready');
      return [answer.status, await answer.json()];
    };
    const reason = 'the database lacks the migration 0001_people';
    expect(await readiness(async () => reason)).toEqual([503, { status: 'not ready', reason }]);
    expect(await readiness(() => Promise.reject(new StoreUnavailableError('D1 could not answer')))).toEqual([
      503,
      { status: 'not ready', reason: 'the database did not say whether it has all its tables' },
    ]);
    expect(await readiness(async () => undefined)).toEqual([200, { status: 'ready' }]);
  });

  test('T133: health shows no version, no key, no path and no header of the software', async () => {
    const { app, clock, keyRing } = await createTestProvider();
    const seen: string[] = [];
    const look = async (path: string) => {
      const response = await app.request(path);
      seen.push(await response.text(), ...[...response.headers].flat());
    };
    await look('/health/live');
    await look('/health/ready');
    clock.advance(3600);
    await look('/health/ready');
    const told = seen.join('\n');
    expect(told).toContain('not ready');
    expect(told).not.toContain(version);
    expect(told).not.toMatch(/node|hono|sqlite|\.ts\b|:memory:|kek/i);
    for (const { kid } of keyRing.keys) expect(told).not.toContain(kid);
  });
});
