import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { processTestMilliseconds } from '../running_server.ts';
import { makeKekRing } from '../test_provider.ts';
import { type Neighbour, type RunningWorker, startWorker } from './running_worker.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

type Faulty = Pick<Neighbour, 'insteadOf' | 'database'>;

/** What is wrong with the bindings, and what the log must say of it. */
const faults: readonly (readonly [what: string, bindings: Faulty, said: readonly string[]])[] = [
  ['no-ring', { insteadOf: { KEYTURN_KEK_RING: undefined } }, ['KEYTURN_KEK_RING is missing', 'wrangler secret put']],
  ['wrong-ring', { insteadOf: { KEYTURN_KEK_RING: makeKekRing() } }, ['does not open with the key-encryption key']],
  ['no-issuer', { insteadOf: { KEYTURN_ISSUER: undefined } }, ['KEYTURN_ISSUER is missing', '[vars]']],
  [
    'number',
    { insteadOf: { KEYTURN_ACCESS_TOKEN_SECONDS: 60 } },
    ['KEYTURN_ACCESS_TOKEN_SECONDS is a number', 'quotes'],
  ],
  ['no-database', { database: 'none' }, ['The binding DB is missing', '[[d1_databases]]']],
  ['no-tables', { database: 'without tables' }, ['no such table', 'migrations apply']],
];

let worker: RunningWorker;
beforeAll(async () => {
  const workerFolder = inject('workerFolder');
  const neighbour = (name: string, bindings: Faulty): Neighbour => ({
    ...{ name, folder: workerFolder, serviceBindings: {}, isIssuer: true },
    ...bindings,
  });
  worker = await startWorker({
    workerFolder,
    neighbours: [
      ...faults.map(([what, bindings]) => neighbour(what, bindings)),
      neighbour('misspelt', { insteadOf: { KEYTURN_ACESS_TOKEN_SECONDS: '60' } }),
    ],
  });
  expect((await worker.ask('issuer-0', '/health/ready')).status).toBe(200);
});
afterAll(() => worker?.close());

const linesSince = (place: number): string => worker.logged.slice(place).join('\n').replaceAll('\\"', '"');

describe('a Worker whose bindings cannot be used', () => {
  test.each(faults)('%s: answers 503, its trigger fails, and the log says what to do', async (name, _, said) => {
    const [before, keys] = [worker.logged.length, (await worker.store.readSigningKeys()).keys];
    for (const path of ['/token', '/health/ready', '/.well-known/openid-configuration']) {
      const response = await worker.ask(name, path);
      expect([response.status, response.headers.get('Cache-Control')]).toEqual([503, 'no-store']);
      expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
      expect(await response.json()).toMatchObject({ error: 'temporarily_unavailable' });
    }
    expect(await worker.trigger(name)).toBe('exception');
    await vi.waitFor(() => {
      for (const words of said) expect(linesSince(before)).toContain(words);
    });
    expect((await worker.store.readSigningKeys()).keys).toEqual(keys);
  });

  test('and one with a setting that there is not, serves and warns of it', async () => {
    const before = worker.logged.length;
    expect((await worker.ask('misspelt', '/health/ready')).status).toBe(200);
    await vi.waitFor(() => expect(linesSince(before)).toContain('"setting":"KEYTURN_ACESS_TOKEN_SECONDS"'));
  });
});
