import { beforeAll, describe, expect, test } from 'vitest';
import { administrationProtocol } from '../../src/seams/administered_store.ts';
import {
  addClient,
  addResource,
  basic,
  createTestProvider,
  formContentType,
  postToken,
  registeredSecret,
  type TestProvider,
  tokenAnswer,
} from '../test_provider.ts';

const grant = 'grant_type=client_credentials';

let provider: TestProvider;
const ask = (body: string, headers: Readonly<Record<string, string>> = {}) =>
  postToken(provider.app, body, { Authorization: basic('client'), ...headers });

beforeAll(async () => {
  provider = await createTestProvider();
  await addResource(provider.store);
  await addClient(provider.store, 'client');
});

const expectRefusal = async (response: Response, status: number, error: string): Promise<void> => {
  expect(response.status).toBe(status);
  expect(response.headers.get('Content-Type')).toBe('application/json');
  const body = await tokenAnswer(response);
  expect(Object.keys(body)).toEqual(['error', 'error_description']);
  expect(body.error).toBe(error);
};

describe('token_endpoint, RFC 6749 §3.2 and §5', () => {
  test('a good request gets a Bearer token with its lifetime and its scope', async () => {
    const answer = await tokenAnswer(await ask(grant));
    expect(Object.keys(answer).sort()).toEqual(['access_token', 'expires_in', 'scope', 'token_type']);
    expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'read write' });
  });

  test('T132: an answer with a token is not to be stored, whatever the request says', async () => {
    const response = await ask(grant, { 'Cache-Control': 'only-if-cached', 'If-None-Match': '*' });
    expect(response.status).toBe(200);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(response.headers.get('Pragma')).toBe('no-cache');
    expect(response.headers.has('ETag')).toBe(false);
  });

  test.each(['/token/x.css', '/token;x.css', '/token.json', '/token%2Fx.css', '/.well-known/jwks.json/x.css'])(
    'T132: %s is not the endpoint before it, and its answer is not to be stored',
    async (path) => {
      const response = await provider.app.request(path, {
        method: 'POST',
        headers: { 'Content-Type': formContentType, Authorization: basic('client') },
        body: grant,
      });
      expect(response.status).toBe(404);
      expect(response.headers.get('Cache-Control')).toBe('no-store');
    },
  );
});

describe('T071: the token endpoint takes a POSTed form and nothing else', () => {
  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'])('%s gets 405 and is told what is served', async (method) => {
    const response = await provider.app.request('/token', { method, headers: { Authorization: basic('client') } });
    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe('POST, OPTIONS');
    expect(response.headers.get('Cache-Control')).toBe('no-store');
  });

  test.each([
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded; charset=iso-8859-1',
    'application/x-www-form-urlencoded; charset=utf-16',
    'application/x-www-form-urlencoded; charset="utf-8',
    'application/x-www-form-urlencoded;; charset=utf-16',
    'application/x-www-form-urlencoded; charset=utf-8; charset=utf-7',
    'application/x-www-form-urlencoded, application/json',
    'application/x-www-form-urlencoded, application/x-www-form-urlencoded',
    'application/x-www-form-urlencodedx',
    'x-www-form-urlencoded',
    '',
  ])('Content-Type: %s is invalid_request', async (contentType) => {
    await expectRefusal(await ask(grant, { 'Content-Type': contentType }), 400, 'invalid_request');
  });

  test.each([
    'application/x-www-form-urlencoded',
    'Application/X-WWW-Form-Urlencoded',
    'application/x-www-form-urlencoded; charset=UTF-8',
    'application/x-www-form-urlencoded;charset="utf-8"',
    'application/x-www-form-urlencoded;\tcharset=utf-8\t',
    'application/x-www-form-urlencoded ; ',
  ])('Content-Type: %s is the form', async (contentType) => {
    expect((await ask(grant, { 'Content-Type': contentType })).status).toBe(200);
  });

  test('no Content-Type at all is invalid_request', async () => {
    const body = new TextEncoder().encode(grant);
    const headers = { Authorization: basic('client') };
    await expectRefusal(
      await provider.app.request('/token', { method: 'POST', headers, body }),
      400,
      'invalid_request',
    );
  });

  test('a JSON body that says it is a form is invalid_request', async () => {
    await expectRefusal(await ask('{"grant_type":"client_credentials"}'), 400, 'invalid_request');
  });

  const askWithQuery = (query: string) =>
    provider.app.request(`/token${query}`, {
      method: 'POST',
      headers: { 'Content-Type': formContentType, Authorization: basic('client') },
      body: grant,
    });

  test.each([
    ...['?grant_type=client_credentials', '?client_secret=x', '?scope', '?a=b&client%5Fid=client', '??&resource=x'],
    ...['?code=x', '?code_verifier=x', '?refresh_token=x', '?token=x', '?client_assertion=x', '?password=x'],
  ])('parameters of the body in the URL (%s) are invalid_request', async (query) => {
    await expectRefusal(await askWithQuery(query), 400, 'invalid_request');
  });

  test.each(['?', '?client-request-id=e28429ea', '?traceparent=x&client_id_=y'])(
    'RFC 6749 §3.2: what is not known in the URL (%s) is ignored, as MSAL adds it',
    async (query) => {
      expect((await askWithQuery(query)).status).toBe(200);
    },
  );
});

describe('a content coding is not undone, and is told so, RFC 9110 §15.5.16', () => {
  const unread = ['gzip', 'br', 'deflate', 'x-unknown', 'identity, gzip', 'gzip, identity', 'gzip, gzip', '"identity"'];

  test.each(unread)('Content-Encoding: %s gets 415, with what is read in Accept-Encoding', async (coding) => {
    const response = await ask(grant, { 'Content-Encoding': coding });
    expect(response.headers.get('Accept-Encoding')).toBe('identity');
    await expectRefusal(response, 415, 'invalid_request');
  });

  test.each(['/introspect', '/revoke', '/userinfo'])('%s too', async (path) => {
    const headers = { 'Content-Type': formContentType, 'Content-Encoding': 'gzip', Authorization: basic('client') };
    const response = await provider.app.request(path, { method: 'POST', headers, body: 'token=x' });
    expect([response.status, response.headers.get('Accept-Encoding')]).toEqual([415, 'identity']);
  });

  test.each(['/authorize', '/login', '/consent', '/logout'])('%s says so on a page', async (path) => {
    const headers = { 'Content-Type': formContentType, 'Content-Encoding': 'gzip' };
    const response = await provider.app.request(path, { method: 'POST', headers, body: 'csrf=x' });
    expect([response.status, response.headers.get('Accept-Encoding')]).toEqual([415, 'identity']);
    expect(response.headers.get('Content-Type')).toContain('text/html');
  });

  test('the administration too, which takes JSON', async () => {
    const adminToken = 'x'.repeat(43);
    const { app } = await createTestProvider({ environment: { KEYTURN_ADMIN_TOKEN: adminToken } });
    const body = JSON.stringify({ protocol: administrationProtocol, verb: 'listClients', arguments: [] });
    const call = (sent: string, headers: Readonly<Record<string, string>>) =>
      app.request('/admin/store', {
        method: 'POST',
        headers: { Authorization: `Bearer ${adminToken}`, ...headers },
        body: sent,
      });
    expect((await call(body, {})).status).toBe(200);
    await expectRefusal(await call(body, { 'Content-Encoding': 'gzip' }), 415, 'invalid_request');
    await expectRefusal(await call(`\uFEFF${body}`, {}), 400, 'invalid_request');
  });

  test.each(['identity', 'Identity', '', ' , identity,'])('Content-Encoding: %j is none', async (coding) => {
    expect((await ask(grant, { 'Content-Encoding': coding })).status).toBe(200);
  });
});

describe('T123: hostile forms', () => {
  test.each([
    ['% without digits', 'a=%'],
    ['% with one digit', 'a=%4'],
    ['% with no hex', 'a=%zz'],
    ['an overlong encoding', 'a=%C0%80'],
    ['a lone surrogate in UTF-8', 'a=%ED%A0%80'],
    ['a cut UTF-8 sequence', 'a=%E2%82'],
    ['bytes that are no UTF-8', 'a=%FF%FE'],
    ['the same in a name', '%ED%A0%80=a'],
    ['raw non-ASCII', 'a=é'],
    ['a byte order mark within', '\uFEFFa=b'],
    ['a raw NUL', 'a=\0'],
    ['a raw newline', 'a=b\r\nc=d'],
    ['a parameter twice', 'scope=read&scope=write'],
    ['grant_type twice', grant],
    ['grant_type twice, one of them encoded', '%67rant_type=client_credentials'],
    ['65 parameters', Array.from({ length: 64 }, (_, number) => `p${number}=1`).join('&')],
    ['30 000 empty parameters', '&'.repeat(30_000)],
    ['30 000 parameters of one name', 'a&'.repeat(30_000)],
  ])('%s is invalid_request', async (_, form) => {
    await expectRefusal(await ask(`${grant}&${form}`), 400, 'invalid_request');
  });

  test.each(['grant_type=client_credentials', 'a=b&grant_type=client_credentials'])(
    'a byte order mark before %s is of the first name, and no form has it unencoded (RFC 6749 appendix B)',
    async (form) => {
      await expectRefusal(await ask(`\uFEFF${form}`), 400, 'invalid_request');
      expect((await ask(`%EF%BB%BF${form}`)).status).toBe(form === grant ? 400 : 200);
    },
  );

  test('100 000 parameters are too large a body', async () => {
    await expectRefusal(await ask(`${grant}&${'a=1&'.repeat(100_000)}`), 413, 'invalid_request');
  });

  test('a body of 64 KiB is read, one byte more is not', async () => {
    const filled = (bytes: number) => `${grant}&filler=`.padEnd(bytes, 'x');
    expect((await ask(filled(65_536))).status).toBe(200);
    const response = await ask(filled(65_537));
    expect(response.headers.get('Connection')).toBe('close');
    await expectRefusal(response, 413, 'invalid_request');
  });

  test('brackets, however deep, are a plain name, and unknown names are ignored (RFC 6749 §3.2)', async () => {
    expect((await ask(`${grant}&a${'[b]'.repeat(10_000)}=c`)).status).toBe(200);
  });

  test('a parameter without a value counts as omitted (RFC 6749 §3.2)', async () => {
    expect((await ask(`${grant}&scope=&resource=`)).status).toBe(200);
    await expectRefusal(await ask('grant_type='), 400, 'invalid_request');
    await expectRefusal(await ask(''), 400, 'invalid_request');
  });
});

describe('T013: names of JavaScript are names like any other', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__proto__[grant_type]'];

  test.each(names)('%s as a parameter is ignored and pollutes nothing', async (name) => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    expect((await ask(`${grant}&${name}=polluted`)).status).toBe(200);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });

  test.each(names)('%s as a grant_type, a scope and a resource is refused', async (name) => {
    await expectRefusal(await ask(`grant_type=${name}`), 400, 'unsupported_grant_type');
    await expectRefusal(await ask(`${grant}&scope=${name}`), 400, 'invalid_scope');
    await expectRefusal(await ask(`${grant}&resource=${name}`), 400, 'invalid_target');
  });

  test.each(names)('%s as a client is unknown', async (name) => {
    await expectRefusal(await postToken(provider.app, grant, { Authorization: basic(name) }), 401, 'invalid_client');
  });
});

describe('T072: an error is JSON of error and error_description, not to be stored, and echoes nothing', () => {
  const canary = 'canary-7f3a';

  test.each([
    ['an unknown grant', { grant_type: canary }],
    ['an unknown scope', { grant_type: 'client_credentials', scope: canary }],
    ['an unknown resource', { grant_type: 'client_credentials', resource: `https://${canary}.example` }],
    ['two methods at once', { grant_type: 'client_credentials', client_id: 'client', client_secret: canary }],
    ['another client_id', { grant_type: 'client_credentials', client_id: canary }],
    ['no form at all', `%${canary}`],
  ])('%s', async (_, form) => {
    const response = await postToken(provider.app, form, { Authorization: basic('client') });
    expect(response.status).toBe(400);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(response.headers.get('Pragma')).toBe('no-cache');
    expect(response.headers.get('Content-Type')).toBe('application/json');
    const text = await response.text();
    expect(text).not.toContain(canary);
    expect(text).not.toContain(registeredSecret);
    expect(text).not.toMatch(/\bat \S+ \(|\.ts:\d+|node_modules/);
    expect([...response.headers].flat().join()).not.toContain(canary);
  });

  test('the log has the reason under the request id of the answer, and nothing the client sent', async () => {
    provider.log.records.length = 0;
    const response = await ask(`${grant}&scope=${canary}`, { 'User-Agent': canary });
    expect(provider.log.records).toEqual([
      {
        level: 'warn',
        message: 'request refused',
        fields: {
          request_id: response.headers.get('X-Request-Id'),
          error: 'invalid_scope',
          reason: 'scope_not_allowed',
        },
      },
    ]);
  });
});
