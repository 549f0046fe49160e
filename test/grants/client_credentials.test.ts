import { decodeJwt, decodeProtectedHeader } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { OAuthError } from '../../src/errors.ts';
import { parseForm } from '../../src/form_urlencoded.ts';
import { clientCredentials } from '../../src/grants/client_credentials.ts';
import { grantTypes } from '../../src/grants/grant_type.ts';
import {
  addClient,
  addResource,
  basic,
  createTestProvider,
  postToken,
  type TestProvider,
  tokenAnswer,
} from '../test_provider.ts';

const api = 'https://api.example.com';
const files = 'https://files.example.com/v1';
const unregistered = 'https://other.example.com';

let provider: TestProvider;
const ask = (parameters: Readonly<Record<string, string>> = {}, clientId = 'client') =>
  postToken(provider.app, { grant_type: 'client_credentials', ...parameters }, { Authorization: basic(clientId) });

beforeAll(async () => {
  provider = await createTestProvider();
  const { store } = provider;
  await addResource(store, { resource: api, scope: ['read', 'write'] });
  await addResource(store, { resource: files, scope: ['list', 'read'], accessTokenSeconds: 60 });
  await addResource(store, { resource: unregistered });
  await addClient(store, 'client', { resources: [api, files], scope: ['read', 'write', 'list', 'admin'] });
  await addClient(store, 'no-grants', { grantTypes: [] });
  await addClient(store, 'other-grant', { grantTypes: ['authorization_code'] });
  await addClient(store, 'no-resources', { resources: [] });
  await addClient(store, 'no-scope', { scope: [] });
  await addClient(store, 'orphan', { resources: ['https://removed.example.com'] });
});

beforeEach(() => {
  provider.log.records.length = 0;
});

const expectRefusal = async (response: Response, error: string, reason: string): Promise<void> => {
  expect([response.status, (await tokenAnswer(response)).error]).toEqual([400, error]);
  expect(provider.log.records.map(({ fields }) => fields.reason)).toEqual([reason]);
};

describe('client_credentials, RFC 6749 §4.4', () => {
  test('T075: the token is the client’s own, and nothing comes with it', async () => {
    const answer = await tokenAnswer(await ask());
    expect(Object.keys(answer).sort()).toEqual(['access_token', 'expires_in', 'scope', 'token_type']);
    expect(decodeJwt(answer.access_token)).toMatchObject({ sub: 'client', client_id: 'client', aud: api });
    expect(decodeProtectedHeader(answer.access_token).typ).toBe('at+jwt');
  });

  test.each(['openid', 'openid read', 'profile', 'email', 'offline_access'])(
    'T075: the scope %s is invalid_scope: there is no end-user, no ID token and no refresh token',
    async (scope) => {
      await expectRefusal(await ask({ scope }), 'invalid_scope', 'scope_not_allowed');
    },
  );

  test('a public client that came this far is unauthorized_client', async () => {
    const client = await addClient(provider.store, 'public', { tokenEndpointAuthMethod: 'none' });
    const granted = clientCredentials(parseForm(''), client, provider);
    await expect(granted).rejects.toEqual(new OAuthError('client_public'));
  });
});

describe('grant_type, RFC 6749 §4 and §5.2', () => {
  test('the table holds what is served', () => {
    expect([...grantTypes.keys()]).toEqual(['authorization_code', 'client_credentials', 'refresh_token']);
  });

  test.each(['password', 'implicit', 'Client_Credentials', '__proto__'])(
    'T073: %s is unsupported_grant_type',
    async (grantType) => {
      const response = await ask({ grant_type: grantType, username: 'u', password: 'p' });
      await expectRefusal(response, 'unsupported_grant_type', 'grant_type_unsupported');
    },
  );

  test('none at all is invalid_request', async () => {
    await expectRefusal(await ask({ grant_type: '' }), 'invalid_request', 'grant_type_missing');
  });

  test.each(['no-grants', 'other-grant'])(
    'T044: a grant that is not registered for %s is unauthorized_client',
    async (client) => {
      await expectRefusal(await ask({}, client), 'unauthorized_client', 'grant_type_not_registered');
    },
  );
});

describe('scope, RFC 6749 §3.3', () => {
  test('what is asked for comes, each value once, in the order asked', async () => {
    const answer = await tokenAnswer(await ask({ scope: 'write read write' }));
    expect(answer.scope).toBe('write read');
    expect(decodeJwt(answer.access_token).scope).toBe('write read');
  });

  test('where none is asked for, all that client and resource share comes', async () => {
    expect((await tokenAnswer(await ask())).scope).toBe('read write');
    expect((await tokenAnswer(await ask({ resource: files }))).scope).toBe('read list');
  });

  test('a client without scope gets a token without one', async () => {
    const answer = await tokenAnswer(await ask({}, 'no-scope'));
    expect(answer).not.toHaveProperty('scope');
    expect(decodeJwt(answer.access_token)).not.toHaveProperty('scope');
  });

  test.each([
    ['that the client lacks', 'delete'],
    ['that the resource lacks', 'admin'],
    ['of another resource', 'list'],
    ['beside a good one', 'read delete'],
    ['in other case', 'READ'],
    ['by pattern', '*'],
  ])('T044: a scope %s is invalid_scope', async (_, scope) => {
    await expectRefusal(await ask({ scope }), 'invalid_scope', 'scope_not_allowed');
  });

  test.each([' read', 'read ', 'read  write', 'read\twrite', 'read\n', '"read"', 'réad', 'read\0', 'a\\b', ' '])(
    'the scope %j is malformed: invalid_scope',
    async (scope) => {
      await expectRefusal(await ask({ scope }), 'invalid_scope', 'scope_malformed');
    },
  );
});

describe('resource, RFC 8707 §2', () => {
  test('the one asked for is the only audience, with its own lifetime', async () => {
    const answer = await tokenAnswer(await ask({ resource: files }));
    expect(decodeJwt(answer.access_token).aud).toBe(files);
    expect(answer.expires_in).toBe(60);
  });

  test.each([
    ['one the client is not registered for', unregistered],
    ['an unknown one', 'https://nowhere.example.com'],
    ['one with a slash more', `${api}/`],
    ['one in other case', 'https://API.example.com'],
    ['one with the default port', 'https://api.example.com:443'],
    ['a path below it', `${api}/admin`],
    ['a prefix of it', 'https://api.example'],
    ['the issuer', 'https://id.example.com'],
  ])('T074: %s is invalid_target', async (_, resource) => {
    await expectRefusal(await ask({ resource }), 'invalid_target', 'resource_not_allowed');
  });

  test.each(['api', '/api', '//api.example.com', `${api}#fragment`, `${api} `, 'https://', 'https://é.example.com'])(
    '%j is no absolute URI without a fragment: invalid_target',
    async (resource) => {
      await expectRefusal(await ask({ resource }), 'invalid_target', 'resource_malformed');
    },
  );

  test('two resources are invalid_target', async () => {
    const body = `grant_type=client_credentials&resource=${encodeURIComponent(api)}&resource=${encodeURIComponent(files)}`;
    const response = await postToken(provider.app, body, { Authorization: basic('client') });
    await expectRefusal(response, 'invalid_target', 'resource_repeated');
  });

  test('a client of no resource gets invalid_target', async () => {
    await expectRefusal(await ask({}, 'no-resources'), 'invalid_target', 'resource_missing');
  });

  test('a resource that was removed from under a client is invalid_target', async () => {
    await expectRefusal(await ask({}, 'orphan'), 'invalid_target', 'resource_not_allowed');
  });

  test('T074: audience is no parameter here and changes nothing', async () => {
    const { access_token } = await tokenAnswer(await ask({ audience: unregistered }));
    expect(decodeJwt(access_token).aud).toBe(api);
  });
});
