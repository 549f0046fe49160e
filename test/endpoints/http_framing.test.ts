import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fixedHeaders } from '../../src/endpoints/response_headers.ts';
import { exchange, type Served, serveProvider, statusesOf } from '../raw_http.ts';
import {
  addClient,
  addResource,
  basic,
  createTestProvider,
  formContentType,
  type TestProvider,
} from '../test_provider.ts';

const body = 'grant_type=client_credentials';
const lines = (...all: readonly string[]): string => `${all.join('\r\n')}\r\n\r\n`;

/** What follows in the connection, and must not be answered once that is to be closed. */
const smuggled = lines('GET /health/live HTTP/1.1', 'Host: id.example.com', 'Connection: close');

let provider: TestProvider;
let served: Served;

/** A good request to the token endpoint, but for the lines that are added. */
const tokenRequest = (...more: readonly string[]): string =>
  lines(
    'POST /token HTTP/1.1',
    'Host: id.example.com',
    `Content-Type: ${formContentType}`,
    `Authorization: ${basic('client')}`,
    ...more,
  );

const send = (...pieces: readonly (string | Uint8Array)[]): Promise<string> => exchange(served.port, pieces);

const expectServing = async (): Promise<void> => {
  const answer = await send(tokenRequest(`Content-Length: ${body.length}`, 'Connection: close'), body);
  expect(statusesOf(answer)).toEqual([200]);
};

beforeAll(async () => {
  provider = await createTestProvider();
  await addResource(provider.store);
  await addClient(provider.store, 'client');
  served = await serveProvider(provider);
});

beforeEach(() => {
  provider.log.records.length = 0;
});

afterAll(() => served.drain(1));

describe('T120: a request whose length is in doubt is refused and the connection closed, RFC 9112 §6.3 and §11.2', () => {
  test.each([
    ['Content-Length and Transfer-Encoding', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['Transfer-Encoding and Content-Length', ['Transfer-Encoding: chunked', 'Content-Length: 5']],
    ['two different Content-Length', ['Content-Length: 29', 'Content-Length: 5']],
    ['two equal Content-Length', ['Content-Length: 29', 'Content-Length: 29']],
    ['a list in Content-Length', ['Content-Length: 29, 29']],
    ['a negative Content-Length', ['Content-Length: -1']],
    ['a signed Content-Length', ['Content-Length: +29']],
    ['a hexadecimal Content-Length', ['Content-Length: 0x1d']],
    ['a Content-Length past 2^64', ['Content-Length: 99999999999999999999999']],
    ['Transfer-Encoding: xchunked', ['Transfer-Encoding: xchunked']],
    ['chunked that is not last', ['Transfer-Encoding: chunked, identity']],
    ['chunked twice', ['Transfer-Encoding: chunked, chunked']],
    ['a space before the colon', ['Transfer-Encoding : chunked']],
    ['a header name with a NUL', ['X-\0: a']],
    ['a header value with a NUL', ['X-A: a\0b']],
    ['a folded header', ['X-A: a', ' b', 'Content-Length: 29']],
    ['a folded Transfer-Encoding', ['Transfer-Encoding:', ' chunked']],
    ['a bare CR in a header', ['X-A: a\rContent-Length: 29']],
    ['a bare LF between headers', ['X-A: a\nContent-Length: 29']],
  ])('%s', async (_, headers) => {
    const answers = await send(tokenRequest(...headers), body, smuggled);
    expect(statusesOf(answers)).toEqual([400]);
    expect(answers).toMatch(/^Connection: close\r$/im);
    expect(answers).not.toContain('access_token');
    await expectServing();
  });

  test.each([
    ['lines ended by LF alone', tokenRequest(`Content-Length: ${body.length}`).replaceAll('\r\n', '\n')],
    ['no Host', lines('GET /health/live HTTP/1.1')],
    ['a Host that is none', lines('GET /health/live HTTP/1.1', 'Host: a b/c?d', 'Connection: close')],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['an unknown version', lines('GET /health/live HTTP/9.9', 'Host: id.example.com')],
    ['an unknown method', lines('FETCH /health/live HTTP/1.1', 'Host: id.example.com')],
    ['a space in the target', lines('GET /health/live x HTTP/1.1', 'Host: id.example.com')],
  ])('%s', async (_, request) => {
    const answers = await send(request, smuggled);
    expect(statusesOf(answers)).toEqual([400]);
    await expectServing();
  });

  test.each([
    ['a chunk size that is no number', 'zz\r\nbody\r\n0\r\n\r\n'],
    ['a chunk longer than it says', `1\r\n${body}\r\n0\r\n\r\n`],
    ['a chunk size ended by LF', `1d\n${body}\r\n0\r\n\r\n`],
    ['a chunk size past 2^64', `fffffffffffffffff\r\n${body}\r\n0\r\n\r\n`],
  ])('%s', async (_, chunks) => {
    const answers = await send(tokenRequest('Transfer-Encoding: chunked'), chunks, smuggled);
    expect(statusesOf(answers)).toEqual([400]);
    expect(answers).not.toContain('access_token');
    await expectServing();
  });

  test.each([
    ['gzip, chunked', ['Transfer-Encoding: gzip, chunked'], 'POST /token HTTP/1.1'],
    ['in two headers', ['Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'], 'POST /token HTTP/1.1'],
    ['of a GET of the key set', ['Transfer-Encoding: x, chunked'], 'GET /.well-known/jwks.json HTTP/1.1'],
  ])('RFC 9112 §6.1: Transfer-Encoding %s gets 501 and the connection closed', async (_, headers, start) => {
    const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const answers = await send(tokenRequest(...headers).replace(/^.*/, start), chunks, smuggled);
    expect(statusesOf(answers)).toEqual([501]);
    expect(answers).toMatch(/^Connection: close\r$/im);
    await expectServing();
  });

  test.each(['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0'])('RFC 9112 §6.1: chunks in %s are 400', async (version) => {
    const head = tokenRequest('Transfer-Encoding: chunked').replace('HTTP/1.1', version);
    const answers = await send(head, `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`, smuggled);
    expect(statusesOf(answers)).toEqual([400]);
    await expectServing();
  });

  test.each(['chunked', 'Chunked'])('Transfer-Encoding: %s is read', async (coding) => {
    const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const answer = await send(tokenRequest(`Transfer-Encoding: ${coding}`, 'Connection: close'), chunks);
    expect(statusesOf(answer)).toEqual([200]);
  });

  test('two good requests in one go get two answers, in order', async () => {
    const good = tokenRequest(`Content-Length: ${body.length}`) + body;
    expect(statusesOf(await send(good + smuggled))).toEqual([200, 200]);
  });
});

describe('what is refused before it is anything of ours', () => {
  const get = (...more: readonly string[]) => lines('GET /.well-known/jwks.json HTTP/1.1', 'Host: a', ...more);

  test.each([
    ['what is no HTTP', 400, 'no HTTP\r\n\r\n'],
    ['no Host', 400, lines('GET /.well-known/jwks.json HTTP/1.1')],
    ['two Hosts', 400, get('Host: b')],
    ['a coding that is not read', 501, get('Transfer-Encoding: x, chunked')],
    ['an expectation that nobody meets', 417, get('Expect: the-impossible')],
    ['large headers', 431, get(`X-Filler: ${'x'.repeat(17_000)}`)],
    ['large extensions of a chunk', 413, `${tokenRequest('Transfer-Encoding: chunked')}1;${'x'.repeat(17_000)}\r\n`],
  ])('%s gets %i with the headers of every answer, and the connection closed', async (_, status, request) => {
    const answer = await send(request, smuggled);
    expect(statusesOf(answer)).toEqual([status]);
    for (const [name, value] of Object.entries(fixedHeaders(provider.config)))
      expect(answer).toContain(`\r\n${name}: ${value}\r\n`);
    expect(answer).toMatch(/\r\nDate: .*GMT\r\n/);
    expect(answer).toMatch(/\r\nCache-Control: no-store\r\nContent-Length: 0\r\nConnection: close\r\n/);
    expect(answer).toMatch(/\r\n\r\n$/);
    await expectServing();
  });

  test('an answer that has begun is not written into: its connection ends', async () => {
    const feed = lines('GET /revocations HTTP/1.1', 'Host: a', 'Accept: text/event-stream');
    const socket = connect(served.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      if (answer === '') socket.write('no HTTP\r\n\r\n');
      answer += chunk;
    });
    socket.on('error', () => undefined);
    socket.write(feed);
    await once(socket, 'close');
    expect(statusesOf(answer)).toEqual([200]);
    await expectServing();
  });
});

describe('T121: headers have a bound', () => {
  test.each([
    ['one header of 17 KB', [`X-Filler: ${'x'.repeat(17_000)}`]],
    ['3000 headers', Array.from({ length: 3000 }, (_, number) => `X-${number}: x`)],
    ['an Authorization of 20 KB', [`Authorization: Basic ${'A'.repeat(20_000)}`]],
    ['10 cookies of 2 KB', Array.from({ length: 10 }, (_, number) => `Cookie: c${number}=${'x'.repeat(2000)}`)],
  ])('%s gets 431 and the connection closed', async (_, headers) => {
    expect(statusesOf(await send(tokenRequest(...headers)))).toEqual([431]);
    await expectServing();
  });

  test('a target of 20 KB gets 431', async () => {
    expect(statusesOf(await send(lines(`GET /${'x'.repeat(20_000)} HTTP/1.1`, 'Host: a')))).toEqual([431]);
  });

  test.each([
    [100, 200],
    [2000, 431],
  ])('%i short headers get %i', async (number, status) => {
    const short = Array.from({ length: number }, () => 'a:b');
    const answer = await send(lines('GET /health/live HTTP/1.1', 'Host: a', 'Connection: close', ...short));
    expect(statusesOf(answer)).toEqual([status]);
  });
});

describe('T122: the body limit holds without Content-Length', () => {
  const chunk = (bytes: number): string => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`;

  test('a chunked body of 1 MiB gets 413, and the server goes on', async () => {
    const answer = await send(
      tokenRequest('Transfer-Encoding: chunked'),
      ...Array.from({ length: 64 }, () => chunk(16_384)),
    );
    expect(statusesOf(answer)).toEqual([413]);
    expect(answer).toMatch(/^Connection: close\r$/im);
    await expectServing();
  });

  test('a Content-Length above the limit gets 413 before the body comes', async () => {
    const answer = await send(tokenRequest('Content-Length: 1000000'));
    expect(statusesOf(answer)).toEqual([413]);
    await expectServing();
  });

  test('a chunked body within the limit is read', async () => {
    const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    expect(statusesOf(await send(tokenRequest('Transfer-Encoding: chunked', 'Connection: close'), chunks))).toEqual([
      200,
    ]);
  });

  test.each(['GET', 'PUT', 'DELETE'])('a large body of %s is not read into memory', async (method) => {
    const head = lines(`${method} /token HTTP/1.1`, 'Host: a', 'Connection: close', 'Transfer-Encoding: chunked');
    const answer = await send(head, ...Array.from({ length: 64 }, () => chunk(16_384)), '0\r\n\r\n');
    expect(statusesOf(answer)).toEqual([405]);
    await expectServing();
  });

  test.each([
    ['a length', 'Content-Length: 1000', body],
    ['no length', 'Transfer-Encoding: chunked', `${body.length.toString(16)}\r\n${body}\r\n`],
  ])('a peer that goes away in mid-body, of %s, is no failure of ours', async (_, length, begun) => {
    const socket = connect(served.port, '127.0.0.1');
    await new Promise((sent) => socket.write(tokenRequest(length) + begun, sent));
    await new Promise((gone) => setTimeout(gone, 50));
    socket.resetAndDestroy();
    await expect
      .poll(() => provider.log.records.map(({ fields }) => Reflect.get(fields, 'reason')))
      .toContain('body_cut_off');
    expect(provider.log.records.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('a peer that goes away in mid-body gets no token and leaves the server standing', async () => {
    for (let round = 0; round < 20; round += 1) {
      const socket = connect(served.port, '127.0.0.1');
      await new Promise((sent) => socket.write(tokenRequest('Content-Length: 1000') + body, sent));
      socket.resetAndDestroy();
    }
    await expectServing();
  });
});

describe('T130 and T033 on the wire', () => {
  const get = (target: string, host = 'evil.example') =>
    send(lines(`GET ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close'));

  test.each(['/.well-known/openid-configuration', 'http://evil.example/.well-known/openid-configuration'])(
    'the target %s with the Host of somebody else gets the configured issuer',
    async (target) => {
      const answer = await get(target);
      expect(statusesOf(answer)).toEqual([200]);
      expect(answer).toContain('"issuer":"https://id.example.com"');
      expect(answer).not.toContain('evil');
    },
  );

  test.each([
    ['//token', 404],
    ['/token/', 404],
    ['/token', 405],
    ['/%74oken', 405],
    ['/.well-known/../token', 405],
    ['/.well-known/%2e%2e/token', 405],
    ['/.well-known/..%2ftoken', 404],
    ['/token%00', 404],
    ['/\\token', 400],
    ['*', 400],
  ])('%s gets %i', async (target, status) => {
    expect(statusesOf(await get(target, 'id.example.com'))).toEqual([status]);
  });

  test('HTTP/1.0 without a Host, as load balancers ask for health, is answered: the issuer is configured', async () => {
    expect(statusesOf(await send(lines('GET /health/ready HTTP/1.0')))).toEqual([200]);
    const metadata = await send(lines('GET /.well-known/openid-configuration HTTP/1.0'));
    expect(metadata).toContain(`"issuer":"${provider.config.issuer}"`);
  });

  test.each(['/.well-known/openid-configuration', '/.well-known/jwks.json'])(
    'RFC 9112 §3.2: %s with a second Host, of whatever case, gets 400 and the connection closed',
    async (target) => {
      for (const second of ['Host: evil.example', 'hOST: id.example.com']) {
        const answers = await send(lines(`GET ${target} HTTP/1.1`, 'Host: id.example.com', second), smuggled);
        expect(statusesOf(answers)).toEqual([400]);
        expect(answers).toMatch(/^Connection: close\r$/im);
        expect(answers).not.toContain('evil');
      }
      await expectServing();
    },
  );

  test('RFC 9112 §3.2: a token is not made for a request with two Hosts', async () => {
    const request = tokenRequest('Host: evil.example', `Content-Length: ${body.length}`, 'Connection: close');
    expect(statusesOf(await send(request, body))).toEqual([400]);
  });

  test.each(['a b', 'a/c', 'user@a', 'a?b', 'a\\b'])(
    'RFC 9112 §3.2: the Host %s gets 400 of the key set too',
    async (host) => {
      expect(statusesOf(await get('/.well-known/jwks.json', host))).toEqual([400]);
    },
  );

  test.each(['999.999.999.999', '08', '1.2.3.4.5', '4294967296:80', '0x100000000', '9'.repeat(300)])(
    'RFC 9112 §3.2: the Host %s, a number that is no address, gets 400 and no failure of ours',
    async (host) => {
      for (const target of ['/login', '/authorize?client_id=x', '/logout', '/health/live'])
        expect(statusesOf(await get(target, host))).toEqual([400]);
    },
  );

  test.each(['127.0.0.1', '127.0.0.1:3000', 'node-7', '7.example.com'])('the Host %s is served', async (host) => {
    expect(statusesOf(await get('/login', host))).toEqual([200]);
  });

  test.each(['id.example.com:443', '[::1]:3000', 'under_score', ''])('the Host "%s" gets the key set', async (host) => {
    expect(statusesOf(await get('/.well-known/jwks.json', host))).toEqual([200]);
  });

  test.each(['TRACE', 'CONNECT'])('%s reflects nothing', async (method) => {
    const answer = await send(
      lines(`${method} /token HTTP/1.1`, 'Host: a', 'X-Canary: canary-7f3a', 'Connection: close'),
    );
    expect(answer).not.toContain('canary');
    expect(statusesOf(answer).filter((status) => status < 400)).toEqual([]);
    await expectServing();
  });

  test('two Authorization headers are no authentication', async () => {
    const request = tokenRequest(
      `Authorization: ${basic('client')}`,
      `Content-Length: ${body.length}`,
      'Connection: close',
    );
    expect(statusesOf(await send(request, body))).toEqual([401]);
  });

  test('T071: two Content-Types are invalid_request', async () => {
    const request = tokenRequest(
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      'Connection: close',
    );
    expect(statusesOf(await send(request, body))).toEqual([400]);
  });

  test('T071: a byte order mark and a content coding are not passed over on the way', async () => {
    const request = (length: number, ...more: readonly string[]): string =>
      tokenRequest(`Content-Length: ${length}`, 'Connection: close', ...more);
    const marked = Buffer.from(`\uFEFF${body}`);
    expect(statusesOf(await send(request(marked.length), marked))).toEqual([400]);
    const answer = await send(request(body.length, 'Content-Encoding: identity', 'Content-Encoding: gzip'), body);
    expect(statusesOf(answer)).toEqual([415]);
    expect(answer.toLowerCase()).toContain('\r\naccept-encoding: identity\r\n');
  });

  test('T039: raw bytes in the Authorization header are 401', async () => {
    const request = Buffer.from(
      lines(
        'POST /token HTTP/1.1',
        'Host: a',
        `Content-Type: ${formContentType}`,
        'Authorization: Basic \xff\xfe\x80',
        `Content-Length: ${body.length}`,
        'Connection: close',
      ),
      'latin1',
    );
    expect(statusesOf(await send(request, body))).toEqual([401]);
  });
});
