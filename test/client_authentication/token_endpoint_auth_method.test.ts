import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tokenEndpointAuthMethods } from '../../src/client_authentication/token_endpoint_auth_method.ts';
import {
  addClient,
  addResource,
  basic,
  createTestProvider,
  postToken,
  registeredSecret,
  type TestProvider,
} from '../test_provider.ts';

const grant = { grant_type: 'client_credentials' };

let provider: TestProvider;

beforeAll(async () => {
  provider = await createTestProvider();
  const { store } = provider;
  await addResource(store);
  await addClient(store, 'basic');
  await addClient(store, 'post', { tokenEndpointAuthMethod: 'client_secret_post' });
  await addClient(store, 'public', { tokenEndpointAuthMethod: 'none', clientSecretSha256: null });
  await addClient(store, 'unknown-method', { tokenEndpointAuthMethod: '__proto__' });
});

beforeEach(() => {
  provider.log.records.length = 0;
});

const expectRefusal = async (response: Response, status: number, error: string, reason: string): Promise<void> => {
  expect([response.status, await response.json()]).toEqual([
    status,
    { error, error_description: expect.stringMatching(/\.$/) },
  ]);
  expect(provider.log.records.map(({ fields }) => fields.reason)).toEqual([reason]);
};

describe('token_endpoint_auth_method, RFC 6749 §2.3', () => {
  test('the table holds the registered names', () => {
    expect(Object.keys(tokenEndpointAuthMethods)).toEqual(['client_secret_basic', 'client_secret_post', 'none']);
  });

  test.each([
    ['the same client twice', 'basic', registeredSecret],
    ['two clients', 'post', registeredSecret],
    ['a wrong secret besides', 'basic', 'wrong'],
  ])('T036: two methods at once are invalid_request: %s', async (_, clientId, secret) => {
    const form = { ...grant, client_id: clientId, client_secret: secret };
    const response = await postToken(provider.app, form, { Authorization: basic('basic') });
    await expectRefusal(response, 400, 'invalid_request', 'client_authentication_doubled');
  });

  test('T036: a client_id in the body that is not the one in the header is invalid_request', async () => {
    const response = await postToken(provider.app, { ...grant, client_id: 'post' }, { Authorization: basic('basic') });
    await expectRefusal(response, 400, 'invalid_request', 'client_authentication_doubled');
  });

  test('the same client_id in the body besides the header is one method', async () => {
    const form = { ...grant, client_id: 'basic' };
    expect((await postToken(provider.app, form, { Authorization: basic('basic') })).status).toBe(200);
  });

  test('no authentication at all is invalid_client', async () => {
    await expectRefusal(await postToken(provider.app, grant), 401, 'invalid_client', 'client_unauthenticated');
  });

  test.each(['Bearer abc', 'DPoP abc', 'Negotiate abc', 'abc'])(
    'Authorization: %s is invalid_client',
    async (value) => {
      const form = { ...grant, client_id: 'post', client_secret: registeredSecret };
      const response = await postToken(provider.app, form, { Authorization: value });
      await expectRefusal(response, 401, 'invalid_client', 'client_authentication_method_unsupported');
    },
  );

  test('T039: a client assertion is no authentication here', async () => {
    const form = {
      ...grant,
      client_id: 'basic',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'e30.e30.',
    };
    const reason = 'client_authentication_method_mismatch';
    await expectRefusal(await postToken(provider.app, form), 401, 'invalid_client', reason);
  });
});

describe('T042: a public client', () => {
  test.each([registeredSecret, ' ', 'null'])('with the secret %j is invalid_client', async (secret) => {
    const response = await postToken(provider.app, grant, { Authorization: basic('public', secret) });
    await expectRefusal(response, 401, 'invalid_client', 'client_authentication_method_mismatch');
  });

  test('with a secret in the body is invalid_client', async () => {
    const form = { ...grant, client_id: 'public', client_secret: registeredSecret };
    const reason = 'client_authentication_method_mismatch';
    await expectRefusal(await postToken(provider.app, form), 401, 'invalid_client', reason);
  });

  test('with its client_id alone gets no token by client_credentials (RFC 6749 §4.4)', async () => {
    const form = { ...grant, client_id: 'public' };
    await expectRefusal(await postToken(provider.app, form), 400, 'unauthorized_client', 'client_public');
  });
});

describe('T043: a client may use the method it is registered for alone', () => {
  const mismatch = ['invalid_client', 'client_authentication_method_mismatch'] as const;

  test('client_secret_post for a client of client_secret_basic', async () => {
    const form = { ...grant, client_id: 'basic', client_secret: registeredSecret };
    await expectRefusal(await postToken(provider.app, form), 401, ...mismatch);
  });

  test.each(['post', 'unknown-method'])('client_secret_basic for the client %s', async (clientId) => {
    const response = await postToken(provider.app, grant, { Authorization: basic(clientId) });
    await expectRefusal(response, 401, ...mismatch);
  });
});

test('T044: a deleted client is unknown at once', async () => {
  await addClient(provider.store, 'short-lived');
  const ask = () => postToken(provider.app, grant, { Authorization: basic('short-lived') });
  expect((await ask()).status).toBe(200);
  await provider.store.removeClient('short-lived');
  await expectRefusal(await ask(), 401, 'invalid_client', 'client_unknown');
});
