import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  generateClientSecret,
  hashClientSecret,
  isClientSecret,
} from '../../src/client_authentication/client_secret.ts';
import { type Client, clientDefaults } from '../../src/seams/client_store.ts';
import {
  addClient,
  addResource,
  basic,
  createTestProvider,
  type Form,
  postToken,
  registeredSecret,
  type TestProvider,
} from '../test_provider.ts';

const work = vi.hoisted(() => ({ hashes: 0, comparisons: 0 }));

vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:crypto')>();
  const hash = ((...args: Parameters<typeof original.hash>) => {
    work.hashes += 1;
    return original.hash(...args);
  }) as typeof original.hash;
  const timingSafeEqual = ((left, right) => {
    work.comparisons += 1;
    return original.timingSafeEqual(left, right);
  }) as typeof original.timingSafeEqual;
  return { ...original, hash, timingSafeEqual };
});

let provider: TestProvider;
let lookups = 0;

beforeAll(async () => {
  provider = await createTestProvider();
  const { store } = provider;
  await addResource(store);
  await addClient(store, 'client');
  await addClient(store, 'posting', { tokenEndpointAuthMethod: 'client_secret_post' });
  await addClient(store, 'public', { tokenEndpointAuthMethod: 'none', clientSecretSha256: null });
  const find = store.findClient.bind(store);
  Object.assign(store, {
    findClient: (clientId: string) => {
      lookups += 1;
      return find(clientId);
    },
  });
});

afterAll(() => provider.store.close());

beforeEach(() => {
  Object.assign(work, { hashes: 0, comparisons: 0 });
  lookups = 0;
});

const grant = { grant_type: 'client_credentials' };

interface Refused {
  readonly form?: Form;
  readonly authorization?: string;
}

const refusals: readonly (readonly [string, Refused])[] = [
  ['a wrong secret', { authorization: basic('client', 'wrong') }],
  ['an unknown client', { authorization: basic('nobody', 'wrong') }],
  ['an unknown client with the secret of another', { authorization: basic('nobody') }],
  ['a client of another method', { authorization: basic('posting') }],
  ['a public client with a secret', { authorization: basic('public') }],
  ['a wrong secret in the body', { form: { ...grant, client_id: 'posting', client_secret: 'wrong' } }],
  ['an unknown client in the body', { form: { ...grant, client_id: 'nobody', client_secret: 'wrong' } }],
  ['a very long wrong secret', { authorization: basic('client', 'x'.repeat(5000)) }],
];

const refuse = ({ form = grant, authorization }: Refused): Promise<Response> =>
  postToken(provider.app, form, authorization === undefined ? {} : { Authorization: authorization });

/** All of an answer but what is new in every one. */
const answerOf = async (response: Response) => ({
  status: response.status,
  headers: [...response.headers].filter(([name]) => name !== 'x-request-id'),
  body: await response.text(),
});

describe('T037: a wrong secret and an unknown client cannot be told apart', () => {
  test.each(refusals)('%s gets the same status, headers and body', async (_, refused) => {
    const answer = await answerOf(await refuse(refused));
    expect(answer.status).toBe(401);
    expect(answer).toEqual(await answerOf(await refuse({ authorization: basic('client', 'wrong') })));
  });

  test.each(refusals)('%s costs one look-up, one hash and two comparisons', async (_, refused) => {
    await refuse(refused);
    expect({ lookups, ...work }).toEqual({ lookups: 1, hashes: 1, comparisons: 2 });
  });

  test('and the right secret is looked up and compared alike', async () => {
    expect((await refuse({ authorization: basic('client') })).status).toBe(200);
    expect({ lookups, comparisons: work.comparisons }).toEqual({ lookups: 1, comparisons: 2 });
  });
});

const clientWith = (overrides: Partial<Client>): Client => ({
  ...clientDefaults,
  clientId: 'client',
  grantTypes: ['client_credentials'],
  redirectUris: [],
  scope: [],
  resources: [],
  clientSecretSha256: hashClientSecret(registeredSecret),
  previousClientSecretSha256: null,
  previousClientSecretExpiresAt: null,
  clientIdIssuedAt: 0,
  tokensNotBefore: null,
  ...overrides,
});

describe('T038: secrets are compared by their SHA-256, in constant time', () => {
  test.each(['', 'x', 'x'.repeat(100_000), '漢字', '\0', '\ud800'])(
    'a secret of any length and kind compares without a throw',
    (secret) => {
      expect(isClientSecret(secret, clientWith({}), 0)).toBe(false);
      expect(isClientSecret(secret, undefined, 0)).toBe(false);
    },
  );

  test('a client without a secret has none that matches, not even the hash it is compared with', () => {
    const zeros = Buffer.alloc(32);
    for (const secret of ['', zeros.toString(), zeros.toString('base64url'), 'null'])
      expect(isClientSecret(secret, clientWith({ clientSecretSha256: null }), 0)).toBe(false);
  });

  test('the kept hash is not a secret', () => {
    expect(isClientSecret(hashClientSecret(registeredSecret), clientWith({}), 0)).toBe(false);
  });

  test('a secret is 256 bits that never come twice', () => {
    const secrets = new Set(Array.from({ length: 100 }, generateClientSecret));
    expect(secrets.size).toBe(100);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });
});

describe('a rotated secret', () => {
  const rotated = clientWith({
    clientSecretSha256: hashClientSecret('new'),
    previousClientSecretSha256: hashClientSecret('old'),
    previousClientSecretExpiresAt: 1000,
  });

  test('the old one is good until its last second, the new one from the first', () => {
    expect(isClientSecret('old', rotated, 999)).toBe(true);
    expect(isClientSecret('old', rotated, 1000)).toBe(false);
    expect(isClientSecret('new', rotated, 0)).toBe(true);
    expect(isClientSecret('new', rotated, 5000)).toBe(true);
  });

  test('the old one is refused by no node whose clock is wrong, which says no more of one that is made up', async () => {
    const { store, clock } = provider;
    await addClient(store, 'changing', { clientSecretSha256: hashClientSecret('old') });
    await store.rotateClientSecret('changing', hashClientSecret('new'), clock.now() + 60);
    clock.advance(7200);
    for (const name of ['changing', 'made-up'])
      expect(await refuse({ authorization: basic(name, 'old') })).toMatchObject({ status: 503 });
    clock.advance(-7200);
  });

  test('both authenticate over HTTP during the overlap, and the new one alone after it', async () => {
    const { store, clock } = provider;
    await addClient(store, 'rotating', { clientSecretSha256: hashClientSecret('old') });
    await store.rotateClientSecret('rotating', hashClientSecret('new'), clock.now() + 60);
    const statusOf = async (secret: string) => (await refuse({ authorization: basic('rotating', secret) })).status;
    expect([await statusOf('old'), await statusOf('new')]).toEqual([200, 200]);
    clock.advance(60);
    await provider.keyRing.refresh();
    expect([await statusOf('old'), await statusOf('new')]).toEqual([401, 200]);
  });
});
