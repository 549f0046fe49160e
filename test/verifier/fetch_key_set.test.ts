import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { type KeysFromUrlOptions, keysFromUrl } from '../../src/verifier/keys_from_url.ts';
import { createVerifier } from '../../src/verifier/verifier.ts';
import { audience, issuer, jwkSet, makeKey, makeToken, now, refusalOf } from './signed_tokens.ts';

const key = makeKey('ES256');
const good = JSON.stringify(jwkSet(key));
const json = { 'content-type': 'application/json' };

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A key set on loopback that is good first, and as told when it is asked again. */
const startIssuer = async (then: RequestListener) => {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    if (requests > 1) return then(request, response);
    response.writeHead(200, { ...json, 'cache-control': 'max-age=300' }).end(good);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`, requests: () => requests };
};

/** @returns why the second fetch failed; tokens verified all the while, with the set of the first. */
const failureOf = async (then: RequestListener, options: KeysFromUrlOptions = {}): Promise<string> => {
  const served = await startIssuer(then);
  const problems: unknown[] = [];
  const keys = keysFromUrl(served.url, {
    timeoutSeconds: 10,
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
  let at = now;
  const verifier = createVerifier({ issuer, audience, keys, clock: { now: () => at }, maxTokenSeconds: 999_999 });
  const token = makeToken(key, { exp: now + 200_000 });
  await verifier.verify(token);
  at = now + 300;
  await verifier.verify(token);
  at = now + 86_400 - 1;
  await verifier.verify(token);
  at = now + 86_400 + 100;
  expect(await refusalOf(verifier.verify(token))).toBe('keys_unavailable');
  return String(problems[0]);
};

describe('T027: a key set that is not served as it should be leaves the last good one', () => {
  test('T027: a page of HTML', async () => {
    const failure = failureOf((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'));
    expect(await failure).toMatch(/media type/);
  });

  test('T027: a key set of another media type', async () => {
    const failure = failureOf((_, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end(good));
    expect(await failure).toMatch(/media type/);
  });

  test.each([500, 503, 404, 403, 204, 206])('T027: status %i', async (status) => {
    const failure = failureOf((_, response) => response.writeHead(status, json).end(good));
    expect(await failure).toMatch(new RegExp(`status ${status}`));
  });

  test.each([301, 302, 303, 307, 308])('T027: redirect %i, which is not followed', async (status) => {
    let followed = 0;
    const failure = failureOf((request, response) => {
      if (request.url === '/elsewhere') followed += 1;
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    expect(await failure).toMatch(/status/);
    expect(followed).toBe(0);
  });

  test('T027: no JSON, or no key set', async () => {
    expect(await failureOf((_, response) => response.writeHead(200, json).end('{'))).toMatch(/JWK Set/);
    expect(await failureOf((_, response) => response.writeHead(200, json).end('{}'))).toMatch(/JWK Set/);
    expect(await failureOf((_, response) => response.writeHead(200, json).end(Buffer.from([0xff])))).toMatch(/./);
  });

  test('T027: too big, by its Content-Length, in chunks, or once inflated', async () => {
    const big = `${good.slice(0, -1)},"filler":"${'x'.repeat(300_000)}"}`;
    expect(await failureOf((_, response) => response.writeHead(200, json).end(big))).toMatch(/262144 bytes/);
    const chunks: RequestListener = (_, response) => {
      response.writeHead(200, json);
      const write = (): void => {
        while (response.write('x'.repeat(65_536)));
        response.once('drain', write);
      };
      write();
    };
    expect(await failureOf(chunks)).toMatch(/262144 bytes/);
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
    const inflated = failureOf((_, response) =>
      response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(bomb),
    );
    expect(await inflated).toMatch(/262144 bytes/);
  });

  test('T027: slower than its time: no answer, and an answer drop by drop', async () => {
    const soon = { timeoutSeconds: 0.5 };
    expect(await failureOf(() => undefined, soon)).toMatch(/Timeout/);
    const drips: NodeJS.Timeout[] = [];
    const drip: RequestListener = (_, response) => {
      response.writeHead(200, json);
      drips.push(setInterval(() => response.write(' '), 20));
    };
    expect(await failureOf(drip, soon)).toMatch(/Timeout/);
    for (const timer of drips) clearInterval(timer);
  });

  test('T027: a fetcher that never settles and knows no signal', async () => {
    let asked = 0;
    const fetch = (): Promise<Response> => {
      asked += 1;
      return asked > 1
        ? new Promise(() => undefined)
        : Promise.resolve(new Response(good, { headers: { ...json, 'cache-control': 'max-age=300' } }));
    };
    expect(await failureOf(() => undefined, { fetch, timeoutSeconds: 0.2 })).toMatch(/Timeout/);
  });

  test('T027: nobody there', async () => {
    const failure = failureOf((request) => request.socket.destroy());
    expect(await failure).toMatch(/fetch failed/);
  });

  test.each([
    ['T027: an empty set', '{"keys":[]}', /no key to verify with\.$/],
    ['T028: a set of keys that nobody here can use', '{"keys":[{"kid":"a","kty":"AKP"}]}', /no key to verify with \(/],
  ])('%s: an issuer that revokes its only key publishes another', async (_, body, message) => {
    expect(await failureOf((_request, response) => response.writeHead(200, json).end(body))).toMatch(message);
  });

  test.each(['{"keys":[]}', '{"keys":[{"kid":"a","kty":"AKP"}]}'])(
    '%s from the start is no key set, and nothing to keep over a restart',
    async (body) => {
      const kept: string[] = [];
      const written = JSON.stringify({ url: 'http://127.0.0.1:1/jwks', fetchedAt: now, freshSeconds: 300, text: body });
      const write = async (text: string): Promise<void> => {
        kept.push(text);
      };
      const store = { read: async () => written, write };
      const fetch = async () => new Response(body, { headers: json });
      const keys = keysFromUrl('http://127.0.0.1:1/jwks', { fetch, store });
      const verifier = createVerifier({ issuer, audience, keys, clock: { now: () => now } });
      expect(await refusalOf(verifier.verify(makeToken(key)))).toBe('keys_unavailable');
      expect(kept).toEqual([]);
    },
  );
});

describe('where a key set may come from', () => {
  test.each([
    'http://id.example.com/jwks',
    'ftp://id.example.com/jwks',
    'x',
    '',
    'file:///etc/keys',
    'http://127.0.0.1.evil.example/',
  ])('not from %j', (url) => {
    expect(() => keysFromUrl(url)).toThrow(TypeError);
  });

  test('not with a password, and without TLS from another machine only when that is asked for by name', () => {
    expect(() => keysFromUrl('https://user:pass@id.example.com/')).toThrow(/password/);
    expect(() => keysFromUrl('http://issuer:3000/jwks', { insecureHttp: true })).not.toThrow();
    for (const url of ['http://localhost:3000/jwks', 'http://127.0.0.1/jwks', 'http://[::1]:3000/jwks'])
      expect(() => keysFromUrl(url)).not.toThrow();
  });

  test.each([
    { keysUsableSeconds: 0 },
    { keysUsableSeconds: Number.POSITIVE_INFINITY },
    { cooldownSeconds: 0 },
    { timeoutSeconds: 0 },
    { maxBytes: 1 },
  ])('not with %j', (options) => {
    expect(() => keysFromUrl('https://id.example.com/', options)).toThrow(new RegExp(Object.keys(options).join()));
  });
});
