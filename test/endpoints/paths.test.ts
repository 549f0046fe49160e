import { beforeAll, describe, expect, test } from 'vitest';
import {
  addClient,
  addResource,
  basic,
  createTestProvider,
  formContentType,
  type TestProvider,
} from '../test_provider.ts';

const documents = [
  '/.well-known/jwks.json',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/status-lists',
  '/revocations',
];

let provider: TestProvider;
const send = (method: string, path: string) => provider.app.request(path, { method });

beforeAll(async () => {
  provider = await createTestProvider();
  await addResource(provider.store);
  await addClient(provider.store, 'client');
});

describe('405 with Allow, RFC 9110 §15.5.6', () => {
  const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'];

  test.each([
    ...documents.map((path) => [path, 'GET, HEAD, OPTIONS'] as const),
    ['/token', 'POST, OPTIONS'] as const,
    // Their GET does something, which a HEAD (of a link's preview, of a scanner) must not.
    ['/authorize', 'GET, POST'] as const,
    ['/logout', 'GET, POST'] as const,
    ['/health/live', 'GET, HEAD'] as const,
    ['/health/ready', 'GET, HEAD'] as const,
  ])('%s serves %s and says so to every other method', async (path, allow) => {
    for (const method of methods.filter((candidate) => !allow.split(', ').includes(candidate))) {
      const response = await send(method, path);
      expect(response.status, method).toBe(405);
      expect(response.headers.get('Allow'), method).toBe(allow);
      expect(response.headers.get('Cache-Control')).toBe('no-store');
    }
    for (const method of allow.split(', ')) expect((await send(method, path)).status, method).not.toBe(405);
  });
});

describe('T130: a path has one spelling', () => {
  test.each([
    '/token/',
    '//token',
    '/token//',
    '/./token/.',
    '/Token',
    '/token%00',
    '/token%20',
    '/token.',
    '/.well-known/..%2ftoken',
    '/.well-known%2f..%2ftoken',
    '/%2e%2e%2ftoken',
    '/..\\token\\',
    '/auth/token',
    '/token/..;/token',
    '/.well-known/jwks.json/',
    '/.well-known//jwks.json',
    '/.well-known/JWKS.json',
    '/health',
    '/health/ready/',
  ])('%s is not found, in JSON, not to be stored', async (path) => {
    const response = await provider.app.request(`https://id.example.com${path}`, { method: 'POST' });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: 'not_found',
      error_description: expect.stringContaining('Nothing'),
    });
    expect(response.headers.get('Cache-Control')).toBe('no-store');
  });

  test.each([
    ['/nowhere', 404, 'There is nothing here', null],
    ['/token', 405, 'This page cannot be opened this way', 'POST, OPTIONS'],
    ['/account/sessions', 405, 'This page cannot be opened this way', 'POST'],
  ] as const)('%s has a page for a browser that opens it: %d', async (path, status, heading, allow) => {
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    const response = await provider.app.request(`https://id.example.com${path}`, { headers: { Accept: accept } });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(`<h1>${heading}</h1>`);
    expect(response.headers.get('Allow')).toBe(allow);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(response.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
  });

  test.each(['/.well-known/../token', '/%74oken', '/a/%2e%2e/token', '/.//token/..//../token'])(
    '%s is the token endpoint or nothing: never a token without the client',
    async (path) => {
      const ask = (headers: Readonly<Record<string, string>>) =>
        provider.app.request(`https://id.example.com${path}`, {
          method: 'POST',
          headers: { 'Content-Type': formContentType, ...headers },
          body: 'grant_type=client_credentials',
        });
      expect([401, 404]).toContain((await ask({})).status);
      expect([401, 404]).toContain((await ask({ Authorization: basic('client', 'wrong') })).status);
      expect([200, 404]).toContain((await ask({ Authorization: basic('client') })).status);
    },
  );

  test.each([
    ['https://id.example.com', '/account#change-password'],
    ['https://example.com/tenant', '/tenant/account#change-password'],
  ])(
    'a password manager finds where %s changes a password, and learns that not every path is there',
    async (issuer, page) => {
      const { app } = await createTestProvider({ environment: { KEYTURN_ISSUER: issuer } });
      const ask = (name: string) => app.request(`${new URL(issuer).origin}/.well-known/${name}`);
      const { status, headers } = await ask('change-password');
      expect([status, headers.get('Location')]).toEqual([303, page]);
      expect((await ask('resource-that-should-not-exist-whose-status-code-should-not-be-200')).status).toBe(404);
    },
  );

  test('an unknown path echoes nothing of itself', async () => {
    const response = await send('GET', '/canary-7f3a?canary-7f3a');
    expect(await response.text()).not.toContain('canary');
  });
});

describe('every answer has the headers that keep it from being misused', () => {
  test.each([...documents, '/token', '/health/live', '/nowhere'])('%s', async (path) => {
    const { headers } = await send('GET', path);
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('X-Frame-Options')).toBe('DENY');
    expect(headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(headers.get('Strict-Transport-Security')).toBe('max-age=63072000');
    expect(headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.has('Server')).toBe(false);
    expect(headers.has('X-Powered-By')).toBe(false);
  });

  test('an issuer on loopback does not ask browsers for HTTPS', async () => {
    const { app } = await createTestProvider({ environment: { KEYTURN_ISSUER: 'http://localhost:4600' } });
    expect((await app.request('/health/live')).headers.has('Strict-Transport-Security')).toBe(false);
  });
});
