import { beforeAll, describe, expect, test } from 'vitest';
import {
  addClient,
  addResource,
  createTestProvider,
  postToken,
  registeredSecret,
  type TestProvider,
} from '../test_provider.ts';

let provider: TestProvider;
const authenticate = (credentials: Readonly<Record<string, string>>) =>
  postToken(provider.app, { grant_type: 'client_credentials', ...credentials });

beforeAll(async () => {
  provider = await createTestProvider();
  await addResource(provider.store);
  await addClient(provider.store, 'client', { tokenEndpointAuthMethod: 'client_secret_post' });
});

describe('client_secret_post, RFC 6749 §2.3.1', () => {
  test('client_id and client_secret in the body authenticate', async () => {
    expect((await authenticate({ client_id: 'client', client_secret: registeredSecret })).status).toBe(200);
  });

  test.each([
    ['a wrong secret', { client_id: 'client', client_secret: 'wrong' }],
    ['an empty secret', { client_id: 'client', client_secret: '' }],
    ['no secret', { client_id: 'client' }],
    ['no client_id', { client_secret: registeredSecret }],
    ['an empty client_id', { client_id: '', client_secret: registeredSecret }],
    ['an unknown client', { client_id: 'nobody', client_secret: registeredSecret }],
    ['a client_id in other case', { client_id: 'CLIENT', client_secret: registeredSecret }],
    ['a client_id with a NUL', { client_id: 'client\0', client_secret: registeredSecret }],
    ['a client_id with a space', { client_id: 'client ', client_secret: registeredSecret }],
    ['T124: SQL', { client_id: "' OR 1=1 --", client_secret: "' OR 1=1 --" }],
    ['T125: a LIKE pattern', { client_id: 'clien_', client_secret: registeredSecret }],
    ['the hash of the secret', { client_id: 'client', client_secret: 'c2VjcmV0' }],
    ['nothing', {}],
  ])('%s is invalid_client', async (_, credentials) => {
    const response = await authenticate(credentials as Readonly<Record<string, string>>);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: 'invalid_client' });
  });
});
