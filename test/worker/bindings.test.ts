import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { processTestMilliseconds } from '../running_server.ts';
import { makeKekRing } from '../test_provider.ts';
import { applyMigrations, migrationFiles, type Neighbour, type RunningWorker, startWorker } from './running_worker.ts';

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
      neighbour('older', { database: 'older' }),
      neighbour('misspelt', { insteadOf: { KEYTURN_ACESS_TOKEN_SECONDS: '60' } }),
    ],
  });
  expect((await worker.ask('issuer-0', '/health/ready')).status).toBe(200);
});
afterAll(() => worker?.close());

const apply = 'npx wrangler d1 migrations apply keyturn --remote';
const migrationNames = migrationFiles.map((file) => file.replace('.sql', ''));

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

  test('no-tables: says where it is asked whether it is ready which migrations to apply', async () => {
    const response = await worker.ask('no-tables', '/health/ready');
    const { error_description: said } = (await response.json()) as Record<string, string>;
    for (const words of [...migrationNames, apply]) expect(said).toContain(words);
  });

  test('and one with a setting that there is not, serves and warns of it', async () => {
    const before = worker.logged.length;
    expect((await worker.ask('misspelt', '/health/ready')).status).toBe(200);
    await vi.waitFor(() => expect(linesSince(before)).toContain('"setting":"KEYTURN_ACESS_TOKEN_SECONDS"'));
  });
});

describe('a Worker that was deployed before its migrations were applied', () => {
  const readiness = async (): Promise<readonly [number, unknown]> => {
    const response = await worker.ask('older', '/health/ready');
    return [response.status, await response.json()];
  };

  test('serves its key set, and is not ready until they are: it names them, and what to run', async () => {
    const before = worker.logged.length;
    expect((await worker.ask('older', '/.well-known/jwks.json')).status).toBe(200);
    const last = migrationNames.at(-1) ?? '';
    const reason = `the database lacks the migration ${last}; run: ${apply}`;
    expect(await readiness()).toEqual([503, { status: 'not ready', reason }]);
    await vi.waitFor(() => expect(linesSince(before)).toContain(reason));
    await applyMigrations(worker.miniflare, 'older', migrationFiles.slice(-1));
    await vi.waitFor(async () => expect(await readiness()).toEqual([200, { status: 'ready' }]), {
      timeout: 20_000,
      interval: 200,
    });
  });
});
