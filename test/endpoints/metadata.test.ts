import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  addClient,
  addResource,
  basic,
  createTestProvider,
  postToken,
  registeredSecret,
  type TestProvider,
  tokenAnswer,
} from '../test_provider.ts';

interface Metadata {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly token_endpoint: string;
  readonly grant_types_supported: readonly string[];
  readonly token_endpoint_auth_methods_supported: readonly string[];
}

const openid = '/.well-known/openid-configuration';
const oauth = '/.well-known/oauth-authorization-server';

let provider: TestProvider;
const read = async (path = oauth, headers: Readonly<Record<string, string>> = {}): Promise<Metadata> =>
  (await (await provider.app.request(path, { headers })).json()) as Metadata;

/** How a client of each method asks for a token. */
const requestAs: Readonly<Record<string, (grantType: string) => Promise<Response>>> = {
  client_secret_basic: (grantType) =>
    postToken(provider.app, { grant_type: grantType }, { Authorization: basic('client_secret_basic') }),
  client_secret_post: (grantType) =>
    postToken(provider.app, {
      grant_type: grantType,
      client_id: 'client_secret_post',
      client_secret: registeredSecret,
    }),
};

beforeAll(async () => {
  provider = await createTestProvider();
  await addResource(provider.store);
  for (const method of ['client_secret_basic', 'client_secret_post'])
    await addClient(provider.store, method, { tokenEndpointAuthMethod: method });
});

describe('metadata, RFC 8414 §3 and OpenID Connect Discovery 1.0 §4', () => {
  test('both well-known documents are the same, cacheable and open to every origin', async () => {
    const [one, other] = [await provider.app.request(openid), await provider.app.request(oauth)];
    expect(await one.text()).toBe(await other.text());
    for (const response of [one, other]) {
      expect(response.headers.get('Content-Type')).toBe('application/json');
      expect(response.headers.get('Cache-Control')).toMatch(/^public, max-age=\d+$/);
      expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
      expect(response.headers.has('Access-Control-Allow-Credentials')).toBe(false);
    }
  });

  test('its ETag gets 304', async () => {
    const etag = (await provider.app.request(oauth)).headers.get('ETag') ?? '';
    expect((await provider.app.request(oauth, { headers: { 'If-None-Match': etag } })).status).toBe(304);
  });

  test.each([
    ['https://id.example.com', '/.well-known/oauth-authorization-server', ''],
    ['https://id.example.com/auth', '/.well-known/oauth-authorization-server/auth', '/auth'],
    ['https://id.example.com/a/b', '/.well-known/oauth-authorization-server/a/b', '/a/b'],
  ])(
    'the issuer %s has its RFC 8414 §3.1 document at %s and everything below its own path',
    async (issuer, at, base) => {
      const { app } = await createTestProvider({ environment: { KEYTURN_ISSUER: issuer } });
      const metadata = (await (await app.request(at)).json()) as Metadata;
      expect(metadata.issuer).toBe(issuer);
      expect(metadata.token_endpoint).toBe(`${issuer}/token`);
      expect(metadata.jwks_uri).toBe(`${issuer}/.well-known/jwks.json`);
      expect((await app.request(`${base}/.well-known/openid-configuration`)).status).toBe(200);
      expect((await app.request(new URL(metadata.jwks_uri).pathname)).status).toBe(200);
      expect((await app.request(new URL(metadata.token_endpoint).pathname, { method: 'POST' })).status).toBe(400);
      expect((await app.request('/token', { method: 'POST' })).status).toBe(base === '' ? 400 : 404);
    },
  );
});

describe('T033: a request cannot move the issuer', () => {
  test.each([
    ['Host'],
    ['X-Forwarded-Host'],
    ['X-Forwarded-Proto'],
    ['Forwarded'],
    ['X-Original-URL'],
    ['X-Forwarded-Prefix'],
  ])('%s: evil leaves the metadata byte for byte as it is', async (name) => {
    const honest = await (await provider.app.request(openid)).text();
    const value = name === 'Forwarded' ? 'host=evil.example;proto=http' : 'evil.example';
    const response = await provider.app.request(`https://evil.example${openid}`, { headers: { [name]: value } });
    expect(await response.text()).toBe(honest);
    expect([...response.headers].flat().join()).not.toContain('evil');
  });

  test('nor the iss of a token', async () => {
    const response = await provider.app.request('https://evil.example/token', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        'X-Forwarded-Host': 'evil.example',
        Authorization: basic('client_secret_basic'),
      },
      body: 'grant_type=client_credentials',
    });
    expect(decodeJwt((await tokenAnswer(response)).access_token).iss).toBe('https://id.example.com');
  });
});

test('T034: the issuer of the metadata, the iss of a token and the configured issuer are one string', async () => {
  const answer = await tokenAnswer((await requestAs.client_secret_basic?.('client_credentials')) as Response);
  const { issuer } = await read();
  expect(issuer).toBe(provider.config.issuer);
  expect(decodeJwt(answer.access_token).iss).toBe(issuer);
});

describe('T035: the metadata advertises what is on, all of it and nothing else', () => {
  test('every advertised method of a confidential client authenticates', async () => {
    const metadata = await read();
    expect(metadata.token_endpoint_auth_methods_supported.length).toBeGreaterThan(0);
    expect(metadata.grant_types_supported.length).toBeGreaterThan(0);
    const confidential = metadata.token_endpoint_auth_methods_supported.filter((method) => method !== 'none');
    for (const method of confidential) {
      const response = await requestAs[method]?.('client_credentials');
      expect(response?.status, method).toBe(200);
    }
  });

  test.each([
    'password',
    'implicit',
    'urn:ietf:params:oauth:grant-type:device_code',
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'urn:ietf:params:oauth:grant-type:saml2-bearer',
    'urn:openid:params:grant-type:ciba',
    'CLIENT_CREDENTIALS',
    'client_credentials ',
  ])('the grant %s is not advertised and is unsupported_grant_type', async (grantType) => {
    expect((await read()).grant_types_supported).not.toContain(grantType);
    const response = await requestAs.client_secret_post?.(grantType);
    expect(response?.status).toBe(400);
    expect(await response?.json()).toMatchObject({ error: 'unsupported_grant_type' });
  });

  test('no endpoint, response type or challenge method is advertised that is not served', async () => {
    const metadata = await read();
    const urls = Object.entries(metadata).filter(([name]) => /_(endpoint|uri)$/.test(name));
    expect(urls.map(([name]) => name).sort()).toEqual(
      [
        ...['authorization_endpoint', 'end_session_endpoint', 'introspection_endpoint', 'jwks_uri'],
        'federation_historical_keys_endpoint',
        ...['revocation_endpoint', 'revocation_feed_endpoint', 'status_list_aggregation_endpoint'],
        ...['token_endpoint', 'userinfo_endpoint'],
      ].sort(),
    );
    for (const [, url] of urls) {
      const { status } = await provider.app.request(new URL(String(url)).pathname);
      expect(status).not.toBe(404);
    }
    expect(metadata).toMatchObject({
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      request_uri_parameter_supported: false,
    });
    expect(JSON.stringify(metadata)).not.toMatch(/"(plain|HS256|implicit|token)"/);
  });
});
