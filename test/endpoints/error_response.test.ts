import { beforeEach, describe, expect, test } from 'vitest';
import { nodeCryptoSigners } from '../../src/adapters/node_crypto_signer.ts';
import { createApp } from '../../src/app.ts';
import { failures } from '../../src/errors.ts';
import type { Provider } from '../../src/provider.ts';
import type { SignerFactory } from '../../src/seams/signer.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { addClient, addResource, basic, createTestProvider, postToken, type TestProvider } from '../test_provider.ts';

const canary = 'canary-7f3a at secret.ts:1';
const form = { grant_type: 'client_credentials' };
const headers = { Authorization: basic('client') };

let signs = true;
/** Real signers that fail when the test says so. */
const failingSigners: SignerFactory = {
  open: async (privateJwk) => {
    const signer = await nodeCryptoSigners.open(privateJwk);
    const sign = (input: string) => (signs ? signer.sign(input) : Promise.reject(new Error(canary)));
    return { ...signer, sign };
  },
};

let provider: TestProvider;

beforeEach(async () => {
  signs = true;
  provider = await createTestProvider({ signers: failingSigners });
  await addResource(provider.store);
  await addClient(provider.store, 'client');
});

/** The seam, whose calls are counted by `call` before they are made; the call may throw. */
const watch = <Seam extends object>(seam: Seam, call: (name: string) => void): Seam =>
  new Proxy(seam, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: readonly unknown[]): unknown => {
        call(String(name));
        return Reflect.apply(member, target, args);
      };
    },
  });

/** The provider whose Nth call to the store, the key ring or the clock throws; `calls` tells their names. */
const failingAt = (nth: number, error: Error): { readonly failing: Provider; readonly calls: string[] } => {
  const calls: string[] = [];
  const call = (name: string): void => {
    if (calls.push(name) === nth) throw error;
  };
  const { store, keyRing, clock } = provider;
  const failing = {
    ...provider,
    store: watch(store, call),
    keyRing: watch(keyRing, call),
    clock: watch(clock, call),
  };
  return { failing, calls };
};

const expectNoToken = async (response: Response, status: number): Promise<void> => {
  expect(response.status).toBe(status);
  expect(response.headers.get('Content-Type')).toBe('application/json');
  expect(response.headers.get('Cache-Control')).toBe('no-store');
  const text = await response.text();
  expect(Object.keys(JSON.parse(text) as object)).toEqual(['error', 'error_description']);
  expect(text).not.toContain('canary');
};

describe('T128: the error path fails closed', () => {
  test.each([
    ['an error nobody expected', 500, () => new Error(canary)],
    ['a TypeError', 500, () => new TypeError(canary)],
    ['a store that is down', 503, () => new StoreUnavailableError(canary)],
  ])('%s at any step of a token request gives %i and no token', async (_, status, error) => {
    const names = new Set<string>();
    for (let nth = 1; nth < 50; nth += 1) {
      const { failing, calls } = failingAt(nth, error());
      const response = await postToken(createApp(failing), form, headers);
      for (const name of calls) names.add(name);
      if (calls.length < nth) {
        expect(response.status).toBe(200);
        break;
      }
      await expectNoToken(response, status);
    }
    expect([...names].sort()).toEqual(['activeSigner', 'assertFit', 'findClient', 'findResource', 'now']);
  });

  test('a signature that fails gives 500 and no token', async () => {
    signs = false;
    await expectNoToken(await postToken(provider.app, form, headers), 500);
    signs = true;
    expect((await postToken(provider.app, form, headers)).status).toBe(200);
  });

  test('the cause goes to the log under the request id, the client gets neither', async () => {
    const { failing } = failingAt(1, new Error(canary));
    provider.log.records.length = 0;
    const response = await postToken(createApp(failing), form, headers);
    const requestId = response.headers.get('X-Request-Id');
    expect(provider.log.records).toMatchObject([
      { level: 'error', message: 'request failed', fields: { request_id: requestId, reason: 'internal' } },
    ]);
    expect(provider.log.records[0]?.fields.cause).toContain(canary);
  });

  test.each([
    ['store_unavailable', () => failingAt(1, new StoreUnavailableError(canary)).failing],
    [
      'signing_unavailable',
      () => {
        provider.clock.advance(provider.config.policy.snapshotSeconds + 1);
        return provider;
      },
    ],
  ])('%s is 503 with Retry-After', async (reason, unavailable) => {
    provider.log.records.length = 0;
    const response = await postToken(createApp(unavailable()), form, headers);
    expect(response.headers.get('Retry-After')).toMatch(/^\d+$/);
    await expectNoToken(response, 503);
    expect(provider.log.records).toMatchObject([{ fields: { reason } }]);
  });

  test('a database that is closed under the server gives 500 or 503 for tokens, and the documents go on', async () => {
    await provider.store.close();
    const response = await postToken(provider.app, form, headers);
    expect([500, 503]).toContain(response.status);
    await expectNoToken(response, response.status);
    for (const path of ['/.well-known/jwks.json', '/.well-known/openid-configuration', '/health/live'])
      expect((await provider.app.request(path)).status).toBe(200);
  });

  test('documents need neither the store nor the log', async () => {
    const { failing, calls } = failingAt(1000, new Error(canary));
    const app = createApp(failing);
    for (const path of ['/.well-known/jwks.json', '/.well-known/openid-configuration', '/health/ready'])
      expect((await app.request(path)).status).toBe(200);
    expect(calls.filter((name) => name in provider.store)).toEqual([]);
  });
});

test('every description is of the characters that RFC 6749 §5.2 and RFC 6750 §3 allow, also in a header', () => {
  for (const [reason, { description }] of Object.entries(failures))
    expect(description, reason).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
});
