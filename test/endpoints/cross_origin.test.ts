import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paths } from '../../src/endpoints/paths.ts';
import { authorizePath, cheapHasher, openPeople, type People, postForm, redirectUri } from '../people.ts';
import { obtainTokens } from '../token_requests.ts';

let people: People;

beforeAll(async () => {
  people = await openPeople({ passwordHasher: cheapHasher });
});

afterAll(() => people.store.close());

const own = 'https://app.example.com';
const strangers = [
  'null',
  'https://evil.example',
  'http://app.example.com',
  'https://app.example.com:8443',
  'https://app.example.com.evil.example',
  'https://xapp.example.com',
];

const corsHeaders = ({ headers }: Pick<Response, 'headers'>): Readonly<Record<string, string>> =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));

const revoke = (origin: string, clientId = 'app') =>
  postForm(people.app, '/revoke', { client_id: clientId, token: 'unknown' }, { Origin: origin });

const redeem = (origin: string, clientId = 'app') =>
  postForm(
    people.app,
    '/token',
    { grant_type: 'authorization_code', client_id: clientId, code: 'x', redirect_uri: redirectUri },
    { Origin: origin },
  );

/** What a browser asks before a request that is more than a form could send. */
const preflight = (path: string, method: string, headers: string) =>
  people.app.request(path, {
    method: 'OPTIONS',
    headers: { Origin: own, 'Access-Control-Request-Method': method, 'Access-Control-Request-Headers': headers },
  });

describe.each([
  ['/token', redeem],
  ['/revoke', revoke],
])('%s, Fetch Standard §3.2', (_, ask) => {
  test('T077: the origin of a redirect URI may read the answer, an error too, and never with credentials', async () => {
    const response = await ask(own);
    expect(corsHeaders(response)).toEqual({
      'access-control-allow-origin': own,
      'access-control-expose-headers': 'WWW-Authenticate, Retry-After',
    });
    expect(response.headers.get('Vary')).toBe('Origin');
  });

  test.each(strangers)('T077: Origin: %s may not', async (origin) => {
    expect(corsHeaders(await ask(origin))).toEqual({});
  });

  test('its pages are told that it is registered for another authentication method', async () => {
    await people.addClient('secretive', { tokenEndpointAuthMethod: 'client_secret_basic' });
    const response = await ask(own, 'secretive');
    expect(corsHeaders(response)['access-control-allow-origin']).toBe(own);
    expect([response.status, await response.json()]).toMatchObject([401, { error: 'invalid_client' }]);
    expect(corsHeaders(await ask('https://evil.example', 'secretive'))).toEqual({});
  });

  test('T077: Origin: null may not read what is for a native client either', async () => {
    await people.addClient('native', { applicationType: 'native', redirectUris: ['com.example.app:/callback'] });
    expect(corsHeaders(await ask('null', 'native'))).toEqual({});
  });

  test('T077: a client that is not known is refused without a word to any page', async () => {
    const response = await ask(own, 'nobody');
    expect(response.status).toBe(401);
    expect(corsHeaders(response)).toEqual({});
  });
});

describe('what a browser asks first', () => {
  test.each([
    ['/token', 'POST', 'POST, OPTIONS'],
    ['/revoke', 'POST', 'POST, OPTIONS'],
    ['/userinfo', 'GET', 'GET, POST, OPTIONS'],
    [paths.openid_configuration, 'GET', 'GET, HEAD, OPTIONS'],
    [paths.oauth_authorization_server, 'GET', 'GET, HEAD, OPTIONS'],
    [paths.jwks, 'GET', 'GET, HEAD, OPTIONS'],
  ])('%s may be asked with any header, as clients add them, without credentials', async (path, method, methods) => {
    const response = await preflight(path, method, 'authorization,content-type,x-requested-with,mcp-protocol-version');
    expect(response.status).toBe(204);
    expect(corsHeaders(response)).toEqual({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': methods,
      'access-control-allow-headers': 'Authorization, *',
      'access-control-max-age': '86400',
    });
  });

  test.each([
    ['/token', 'PUT'],
    ['/revoke', 'PUT'],
    ['/userinfo', 'PUT'],
    [paths.jwks, 'PUT'],
    [paths.status_list_aggregation, 'PUT'],
  ])('RFC 9110 §9.3.7: OPTIONS of %s tells the methods that a 405 to %s tells', async (path, method) => {
    const refused = await people.app.request(path, { method });
    const asked = await people.app.request(path, { method: 'OPTIONS' });
    expect([refused.status, asked.status]).toEqual([405, 204]);
    expect(asked.headers.get('Allow')).toBe(refused.headers.get('Allow'));
  });
});

describe('/userinfo', () => {
  test('T077: any page may read it, its errors too, for a token opens it and no cookie does', async () => {
    const browser = people.openBrowser();
    const { access_token: token } = await obtainTokens(people.app, browser);
    const headers = { Origin: 'https://evil.example', Authorization: `Bearer ${token}` };
    const answers = [await people.app.request('/userinfo', { headers }), await browser.get('/userinfo', headers)];
    const refused = await browser.get('/userinfo', { Origin: 'https://evil.example' });
    for (const answer of [...answers, refused])
      expect(corsHeaders(answer)).toEqual({
        'access-control-allow-origin': '*',
        'access-control-expose-headers': 'WWW-Authenticate, Retry-After',
      });
    expect([...answers, refused].map(({ status }) => status)).toEqual([200, 200, 401]);
  });
});

describe('what no page of another origin may read', () => {
  const pages = [
    ...[authorizePath(), paths.authorization, paths.login, paths.consent, paths.account, paths.end_session],
    ...[paths.introspection, '/account/sessions', '/account/applications', '/account/password', '/'],
  ];

  test.each(pages)('T077: %s', async (path) => {
    const origins = [own, 'https://evil.example', people.config.issuer];
    for (const origin of origins)
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const headers = { Origin: origin, 'Access-Control-Request-Method': 'POST' };
        expect(corsHeaders(await people.app.request(path, { method, headers })), method).toEqual({});
      }
  });
});
