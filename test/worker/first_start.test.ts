import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { processTestMilliseconds } from '../running_server.ts';
import { type RunningWorker, startWorker } from './running_worker.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

const isolates = ['issuer-0', 'issuer-1', 'issuer-2'] as const;

let worker: RunningWorker;
beforeAll(async () => {
  worker = await startWorker({ workerFolder: inject('workerFolder'), isolates: isolates.length });
});
afterAll(() => worker?.close());

const kidsAt = async (name: string): Promise<readonly string[]> => {
  const response = await worker.ask(name, '/.well-known/jwks.json');
  expect(response.status).toBe(200);
  return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
};

describe('isolates that race at the first start', () => {
  test('I10: make one key for each place of each ring, and all serve the same set', async () => {
    const sets = await Promise.all([...isolates, ...isolates].map(kidsAt));
    expect(new Set(sets.map((kids) => kids.join(' '))).size).toBe(1);
    const { keys } = await worker.store.readSigningKeys();
    expect(keys.map(({ alg, slot }) => `${alg} ${slot}`).sort()).toEqual(['ES256 0', 'ES256 1', 'RS256 0', 'RS256 1']);
    expect(sets[0]).toHaveLength(keys.length);
  });
});
