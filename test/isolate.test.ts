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
const vault = createJoseKeyVault(parseKekRing(kekRing, 'a test'));

let provider: TestProvider;
beforeAll(async () => {
  provider = await createTestProvider({ kekRing });
});
afterAll(() => provider.store.close());

describe('what goes on behind an answer', () => {
  test('fails nobody where the database is away: it is told, and what else is due is done', async () => {
    const { config, clock, log, store } = provider;
    const parts = { ...config, store, vault };
    const shared = createSharedAnswers(
      { config, clock },
      { find: async () => undefined, keep: async () => undefined, forget: async () => undefined },
    );
    const away = (): Promise<never> => Promise.reject(new StoreUnavailableError('the database is away'));
    const revocations = { ...provider.revocations, refresh: away };
    const isolate = createIsolate({ ...provider, revocations }, parts, shared);
    const delivered = vi.spyOn(store, 'takeLogoutDeliveries');
    const behind: Promise<unknown>[] = [];
    const request = new Request(`${config.issuer}/revoke`, { method: 'POST' });
    await isolate.answer(request, undefined, (work) => behind.push(work));
    const outcomes = await Promise.allSettled(behind);
    expect(outcomes.map(({ status }) => status)).not.toContain('rejected');
    expect(delivered).toHaveBeenCalled();
    expect(log.records.splice(0).filter(({ level }) => level === 'error')).toEqual([
      {
        level: 'error',
        message: 'forgetting what is shared failed',
        fields: { reason: expect.stringContaining('is away') },
      },
    ]);
  });
});

describe('what the isolates of a data centre share', () => {
  test('I5: is no key set older than P of an isolate that is cut off from the database', async () => {
    const { config, clock, store, log } = provider;
    const kept: string[] = [];
    const keep = async (url: string): Promise<void> => {
      kept.push(url);
    };
    const documents = { find: async () => undefined, keep, forget: async () => undefined };
    let isAway = false;
    const readSigningKeys = async () => {
      if (isAway) throw new StoreUnavailableError('the database is away');
      return store.readSigningKeys();
    };
    const keyRing = new KeyRing({
      ...{ ...config, store: { ...store, readSigningKeys }, vault, clock, log, signers: nodeCryptoSigners },
      turn: readRings,
      wait: async () => undefined,
    });
    await keyRing.refresh();
    const ask = async (): Promise<Response> => {
      const behind: Promise<unknown>[] = [];
      const shared = createSharedAnswers({ config, clock }, documents);
      const isolate = createIsolate({ ...provider, keyRing }, { ...config, store, vault }, shared);
      const request = new Request(`${config.issuer}/.well-known/jwks.json`);
      const answer = await isolate.answer(request, undefined, (work) => behind.push(work));
      await Promise.allSettled(behind);
      return answer;
    };
    expect((await ask()).status).toBe(200);
    expect(kept).toEqual([`${config.issuer}/.well-known/jwks.json`]);
    isAway = true;
    clock.advance(config.policy.snapshotSeconds + 1);
    expect((await ask()).status).toBe(200);
    expect(kept).toHaveLength(1);
    log.records.length = 0;
  });
});

describe('a trigger that cannot turn the keys', () => {
  test('fails, and does all else: what is swept may be what makes room for a key', async () => {
    const { config, clock, store, log } = provider;
    const full = (): Promise<never> => Promise.reject(new StoreUnavailableError('the database is full'));
    const parts = { ...config, store: { ...store, erasePrivateHalf: full, publishSigningKey: full }, vault };
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

describe('a trigger by which clients are told for longer than P', () => {
  test('reads the keys anew, and deletes what expired all the same', async () => {
    const { config, clock, store } = await createTestProvider({ kekRing, clock: provider.clock });
    const slow: typeof store.takeLogoutDeliveries = async () => {
      clock.advance(config.policy.snapshotSeconds + 1);
      return [];
    };
    const parts = { ...config, store: { ...store, takeLogoutDeliveries: slow }, vault };
    const keyRing = new KeyRing({ ...parts, clock, signers: nodeCryptoSigners, log: provider.log, turn: readRings });
    const shared = createSharedAnswers({ config, clock }, undefined);
    const swept = vi.spyOn(parts.store, 'removeExpired');
    await createIsolate({ ...provider, store: parts.store, keyRing }, parts, shared).keepHouse();
    expect(swept).toHaveBeenCalledTimes(1);
    await store.close();
  });
});
