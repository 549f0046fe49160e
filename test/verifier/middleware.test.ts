import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import express from 'express';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Refusal } from '../../src/verifier/challenge.ts';
import { requireToken } from '../../src/verifier/express.ts';
import { keysFromSet } from '../../src/verifier/keys_from_set.ts';
import { TokenError } from '../../src/verifier/token_error.ts';
import { createVerifier } from '../../src/verifier/verifier.ts';
import { startExpress } from './apis/express_api.ts';
import { startFastify } from './apis/fastify_api.ts';
import { startFetch } from './apis/fetch_api.ts';
import { startHono } from './apis/hono_api.ts';
import { portOf, type RunningApi } from './apis/running_api.ts';

const issuer = 'https://id.example.com';
const audience = 'https://api.example.com/v1';
const metadataUrl = 'https://api.example.com/.well-known/oauth-protected-resource/v1';
const key = await generateKeyPair('ES256');
const publicJwk = { ...(await exportJWK(key.publicKey)), kid: 'key-of-the-test', alg: 'ES256', use: 'sig' };
const now = Math.floor(Date.now() / 1000);

const sign = (claims: JWTPayload = {}): Promise<string> =>
  new SignJWT({
    ...{ iss: issuer, aud: audience, sub: 'ada', client_id: 'shop', jti: 'j', iat: now, exp: now + 300 },
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: publicJwk.kid })
    .sign(key.privateKey);

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** @param authorization - each is a header field of its own. */
const get = (port: number, path: string, ...authorization: readonly string[]): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = authorization.flatMap((value) => ['Authorization', value]);
    httpRequest({ port, host: '127.0.0.1', path, headers: ['Host', `127.0.0.1:${port}`, ...headers], agent: false })
      .on('error', reject)
      .on('response', async (response) => {
        const body = (await response.setEncoding('utf8').toArray()).join('');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      })
      .end();
  });

const resource = {
  resource: audience,
  authorizationServers: [issuer],
  scopesSupported: ['read', 'write'],
  resourceName: 'The API',
} as const;

describe.each([
  ['Hono', startHono],
  ['Express', startExpress],
  ['Fastify', startFastify],
  ['plain fetch', startFetch],
] as const)('middleware for %s, RFC 6750', (_name, startApi) => {
  const refusals: Refusal[] = [];
  const trouble: { error: Error | undefined } = { error: undefined };
  let api: RunningApi;

  beforeAll(async () => {
    const real = createVerifier({ issuer, audience, keys: keysFromSet({ keys: [publicJwk] }) });
    const verifier = {
      verify: (token: string) => (trouble.error === undefined ? real.verify(token) : Promise.reject(trouble.error)),
    };
    api = await startApi({ verifier, resource, options: { onRefused: (refusal) => refusals.push(refusal) } });
  });
  afterAll(() => api.close());
  beforeEach(() => {
    refusals.length = 0;
    trouble.error = undefined;
  });

  const challenge = (problem = ''): string => `Bearer realm="api"${problem}, resource_metadata="${metadataUrl}"`;

  test('a public route asks for nothing', async () => {
    expect(await get(api.port, '/public')).toMatchObject({ status: 200, body: 'hello' });
  });

  test.each(['Bearer', 'bearer', 'BEARER'])('a good token passes, and its claims are there: %s', async (scheme) => {
    const { status, body, headers } = await get(api.port, '/me', `${scheme} ${await sign()}`);
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 200, body: { sub: 'ada' } });
    expect(headers['www-authenticate']).toBeUndefined();
    expect(refusals).toEqual([]);
  });

  test.each([
    ['no credentials', []],
    ['another scheme', ['Basic YWRhOnNlY3JldA==']],
    ['an empty header', ['']],
    ['a scheme that only begins like Bearer', ['Bearerish abc']],
  ])('%s: 401 with the challenge alone, without an error code (§3.1)', async (_what, authorization) => {
    const { status, headers, body } = await get(api.port, '/me', ...authorization);
    expect({ status, challenge: headers['www-authenticate'], body }).toEqual({
      status: 401,
      challenge: challenge(),
      body: '',
    });
    expect(refusals).toMatchObject([{ status: 401, reason: 'credentials_missing' }]);
  });

  test.each([
    ['a scheme without a token', () => ['Bearer']],
    ['a tab in place of the space', async () => [`Bearer\t${await sign()}`]],
    ['a colon after the scheme', () => ['Bearer: abc']],
    ['two words', () => ['Bearer a b']],
    ['characters no token has', () => ['Bearer a"b']],
    ['two header fields', async () => [`Bearer ${await sign()}`, `Bearer ${await sign()}`]],
    ['a good token beside another scheme', async () => ['Basic YTpi', `Bearer ${await sign()}`]],
    ['two in one field', async () => [`Bearer ${await sign()}, Bearer ${await sign()}`]],
  ])('%s: 400 invalid_request', async (_what, authorization) => {
    const { status, headers, body } = await get(api.port, '/me', ...(await authorization()));
    const description = 'Expected one Authorization header, Bearer and a token, and no token anywhere else.';
    expect({ status, challenge: headers['www-authenticate'] }).toEqual({
      status: 400,
      challenge: challenge(`, error="invalid_request", error_description="${description}"`),
    });
    expect(JSON.parse(body)).toEqual({ error: 'invalid_request', error_description: description });
  });

  test('a token in the URL is never read; beside one in the header it is a second one', async () => {
    const token = await sign();
    expect(await get(api.port, `/me?access_token=${token}`)).toMatchObject({ status: 401, body: '' });
    expect((await get(api.port, `/me?access_token=${token}`, `Bearer ${token}`)).status).toBe(400);
  });

  test.each([
    ['expired', { exp: now - 3600, iat: now - 7200 }, 'token_expired', 'The access token has expired.'],
    ['for another audience', { aud: 'https://other.example' }, 'audience_mismatch', undefined],
    ['of another issuer', { iss: 'https://other.example' }, 'issuer_mismatch', undefined],
    ['bound to a key, without its proof', { cnf: { jkt: 'x' } }, 'token_bound', expect.stringContaining('cnf')],
  ])('a token %s: 401 invalid_token', async (_what, claims, reason, description) => {
    const token = await sign(claims);
    const { status, headers, body } = await get(api.port, '/me', `Bearer ${token}`);
    const said = JSON.parse(body);
    expect(said).toEqual({
      error: 'invalid_token',
      error_description: description ?? 'The access token is not one that is accepted here.',
    });
    expect({ status, challenge: headers['www-authenticate'] }).toEqual({
      status: 401,
      challenge: challenge(`, error="invalid_token", error_description="${said.error_description}"`),
    });
    expect(headers['cache-control']).toBe('no-store');
    expect(refusals).toMatchObject([{ status: 401, reason }]);
    const told = JSON.stringify([headers, body, refusals.map(({ cause, ...rest }) => [rest, `${cause}`])]);
    expect(told).not.toContain(token.split('.')[1]);
    expect(told).not.toContain(token.split('.')[2]);
  });

  test.each([
    ['keys_unavailable', 'no keys'],
    ['revocation_stale', 'too old'],
  ] as const)('%s: 503 with Retry-After and no challenge, for another token would not help', async (code, message) => {
    trouble.error = new TokenError(code, message);
    const { status, headers, body } = await get(api.port, '/me', `Bearer ${await sign()}`);
    expect({ status, retryAfter: headers['retry-after'], challenge: headers['www-authenticate'] }).toEqual({
      status: 503,
      retryAfter: '5',
      challenge: undefined,
    });
    expect(JSON.parse(body).error).toBe('temporarily_unavailable');
    expect(refusals).toMatchObject([{ status: 503, reason: code, cause: trouble.error }]);
  });

  test('a fault that is not about tokens is the framework’s to handle, and nobody passes', async () => {
    trouble.error = new Error('a fault');
    expect((await get(api.port, '/me', `Bearer ${await sign()}`)).status).toBe(500);
  });

  test.each([
    ['/read', undefined, 403],
    ['/read', '', 403],
    ['/read', 'write', 403],
    ['/read', 'reader re ad READ', 403],
    ['/read', 'write read', 200],
    ['/both', 'read', 403],
    ['/both', 'write other read', 200],
  ])('%s with scope %j: %i', async (path, scope, expected) => {
    const token = await sign(scope === undefined ? {} : { scope });
    const { status, headers } = await get(api.port, path, `Bearer ${token}`);
    expect(status).toBe(expected);
    const needed = path === '/both' ? 'read write' : 'read';
    const said = `, error="insufficient_scope", error_description="The access token does not have the scope that this needs.", scope="${needed}"`;
    expect(headers['www-authenticate']).toBe(expected === 403 ? challenge(said) : undefined);
    expect(refusals).toMatchObject(expected === 403 ? [{ reason: 'scope_insufficient' }] : []);
  });

  test.each([
    [undefined, 403],
    ['admin', 403],
    [{ admin: true }, 403],
    [['administrator'], 403],
    [[['admin']], 403],
    [['user', 'admin'], 200],
  ])('/admin with roles %j: %i', async (roles, expected) => {
    const token = await sign(roles === undefined ? {} : { roles });
    const { status, headers } = await get(api.port, '/admin', `Bearer ${token}`);
    expect(status).toBe(expected);
    const said =
      ', error="insufficient_scope", error_description="The access token does not have the role that this needs."';
    expect(headers['www-authenticate']).toBe(expected === 403 ? challenge(said) : undefined);
  });

  test('a guard without requireToken before it lets nobody pass', async () => {
    expect((await get(api.port, '/forgotten', `Bearer ${await sign({ scope: 'read' })}`)).status).toBe(500);
  });

  test('the resource’s metadata, RFC 9728 §3.2', async () => {
    const { status, headers, body } = await get(api.port, new URL(metadataUrl).pathname);
    expect({ status, type: headers['content-type'], cors: headers['access-control-allow-origin'] }).toEqual({
      status: 200,
      type: expect.stringMatching(/^application\/json\b/),
      cors: '*',
    });
    expect(JSON.parse(body)).toEqual({
      resource: audience,
      authorization_servers: [issuer],
      scopes_supported: ['read', 'write'],
      bearer_methods_supported: ['header'],
      resource_name: 'The API',
    });
  });
});

test('Express: what answered while the token was looked at, a timeout say, is not answered again', async () => {
  const failed: unknown[] = [];
  const onFailure = (reason: unknown) => failed.push(reason);
  const slow = { verify: () => Promise.reject(new TokenError('keys_unavailable', 'The keys came too late.')) };
  const app = express();
  app.use((_request, response, next) => {
    response.status(504).send('too slow');
    next();
  }, requireToken(slow));
  const server = createServer(app).listen(0, '127.0.0.1');
  process.on('unhandledRejection', onFailure);
  try {
    await once(server, 'listening');
    expect(await get(portOf(server), '/', `Bearer ${await sign()}`)).toMatchObject({ status: 504, body: 'too slow' });
    expect(failed).toEqual([]);
  } finally {
    process.off('unhandledRejection', onFailure);
    server.close();
  }
});
