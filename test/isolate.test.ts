import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createJoseKeyVault, parseKekRing } from '../src/adapters/jose_key_vault.ts';
import { nodeCryptoSigners } from '../src/adapters/node_crypto_signer.ts';
import { createIsolate } from '../src/isolate.ts';
import { KeyRing } from '../src/keys/key_ring.ts';
import { readRings } from '../src/keys/rotation.ts';
import { StoreUnavailableError } from '../src/seams/store.ts';
import { createSharedAnswers } from '../src/shared_answers.ts';
import { createTestProvider, makeKekRing, type TestProvider } from './test_provider.ts';

const kekRing = makeKekRing();

let provider: TestProvider;
beforeAll(async () => {
  provider = await createTestProvider({ kekRing });
});
afterAll(() => provider.store.close());

describe('a trigger that cannot turn the keys', () => {
  test('fails, and does all else: what is swept may be what makes room for a key', async () => {
    const { config, clock, store, log } = provider;
    const full = (): Promise<never> => Promise.reject(new StoreUnavailableError('the database is full'));
    const parts = {
      issuer: config.issuer,
      policy: config.policy,
      store: { ...store, erasePrivateHalf: full, publishSigningKey: full },
      vault: createJoseKeyVault(parseKekRing(kekRing, 'a test')),
    };
    // As the Worker's, which only reads.
    const keyRing = new KeyRing({ ...parts, clock, signers: nodeCryptoSigners, log, turn: readRings });
    const shared = createSharedAnswers({ config, clock }, undefined);
    const isolate = createIsolate({ ...provider, keyRing }, parts, shared);
    clock.advance(config.policy.periodSeconds + 1);
    const swept = vi.spyOn(store, 'removeExpired');
    await expect(isolate.keepHouse()).rejects.toThrow('the database is full');
    expect(swept).toHaveBeenCalledTimes(1);
    expect(log.records.filter(({ level }) => level === 'error')).toEqual([
      { level: 'error', message: 'turning the keys failed', fields: { reason: expect.stringContaining('is full') } },
    ]);
  });
});
