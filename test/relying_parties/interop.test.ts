import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Client } from '../../src/seams/client_store.ts';
import { type IssuerHere, openIssuer } from '../issuer_here.ts';
import type { Person } from '../issuer_records.ts';
import { processTestMilliseconds } from '../running_server.ts';
import { createEndUser, type Journey } from './end_user.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

const redirectUri = 'https://app.example/callback';
const clientSecret = 'the secret of a confidential client';
const verifier = randomBytes(32).toString('base64url');
const challenge = createHash('sha256').update(verifier).digest('base64url');

let server: IssuerHere;
let ada: Person;

beforeAll(async () => {
  server = await openIssuer();
  ada = await server.addPerson('ada');
  await server.addClient('public', { redirectUris: [redirectUri] });
  await server.addClient('confidential', { redirectUris: [redirectUri] }, clientSecret);
});
afterAll(() => server?.close());

type Parameters = Readonly<Record<string, string>>;

const authorizationUrl = (clientId: string, parameters: Parameters): string =>
  `${server.issuer}/authorize?${new URLSearchParams({
    ...{ client_id: clientId, response_type: 'code', redirect_uri: redirectUri },
    ...{ code_challenge: challenge, code_challenge_method: 'S256' },
    ...parameters,
  })}`;

const authorize = (clientId: string, parameters: Parameters = {}): Promise<Journey> =>
  createEndUser(server.issuer, ada).open(authorizationUrl(clientId, parameters));

const codeOf = ({ url }: Journey): string => url.searchParams.get('code') ?? expect.fail(`There is no code: ${url}`);

const redeem = async (code: string, parameters: Parameters, authorization?: string) => {
  const body = new URLSearchParams({
    ...{ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier },
    ...parameters,
  });
  const headers = authorization === undefined ? {} : { authorization };
  const response = await fetch(`${server.issuer}/token`, { method: 'POST', body, headers });
  return { status: response.status, body: (await response.json()) as Readonly<Record<string, string>> };
};

const basicOf = (clientId: string, secret: string): string =>
  `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;

describe('what software in use sends, though no specification asks for it', () => {
  test('a public client may come as Basic with an empty secret, everywhere a client authenticates', async () => {
    const authorization = basicOf('public', '');
    const code = codeOf(await authorize('public', { scope: 'openid offline_access' }));
    const { status, body } = await redeem(code, {}, authorization);
    expect(status).toBe(200);
    const post = (path: string, parameters: Parameters): Promise<Response> =>
      fetch(server.issuer + path, {
        method: 'POST',
        headers: { authorization },
        body: new URLSearchParams(parameters),
      });
    const token = body.refresh_token ?? '';
    const refreshed = await post('/token', { grant_type: 'refresh_token', refresh_token: token });
    expect(refreshed.status).toBe(200);
    const { refresh_token: successor } = (await refreshed.json()) as { refresh_token: string };
    expect((await post('/revoke', { token: successor })).status).toBe(200);
    expect((await post('/token', { grant_type: 'refresh_token', refresh_token: successor })).status).toBe(400);
  });

  test('an empty or a wrong secret opens neither a confidential client nor, when not empty, a public one', async () => {
    const code = codeOf(await authorize('confidential', { scope: 'openid' }));
    for (const authorization of [basicOf('confidential', ''), basicOf('confidential', 'x'), basicOf('public', 'x')])
      expect(await redeem(code, {}, authorization)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect((await redeem(code, {}, basicOf('confidential', clientSecret))).status).toBe(200);
  });

  test('an authorization without scope gets all the client may have but offline_access', async () => {
    const { status, body } = await redeem(codeOf(await authorize('public')), { client_id: 'public' });
    expect(status).toBe(200);
    expect(body.scope).toBe('openid profile email roles');
    expect(body.id_token).toBeTypeOf('string');
  });

  test('who asks for all that the metadata lists is told what the client may not have, and what else it asked for is not repeated', async () => {
    const metadata = await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json();
    const { scopes_supported: supported } = metadata as { scopes_supported: readonly string[] };
    const { url } = await authorize('public', { scope: [...supported, '<b>other</b>'].join(' ') });
    expect(url.searchParams.get('error')).toBe('invalid_scope');
    expect(url.searchParams.get('error_description')).toMatch(
      / is not registered for\. It may not have: address phone\.$/,
    );
  });

  test('a resource that differs by the slash that MCP clients add is refused, and why is told', async () => {
    const { url } = await authorize('public', { resource: 'https://mcp.example.com/' });
    expect(url.searchParams.get('error')).toBe('invalid_target');
    expect(url.searchParams.get('error_description')).toMatch(/the same to the letter, a slash at the end too/);
  });

  test('a 200 of revocation is JSON: simple-oauth2 takes nothing else, oidc-client-ts no text/plain', async () => {
    const body = new URLSearchParams({ client_id: 'public', token: 'unknown' });
    const response = await fetch(`${server.issuer}/revoke`, { method: 'POST', body });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await response.json()).toEqual({});
  });
});

describe('loopback redirect URIs of native clients, RFC 8252 §7.3', () => {
  const asNative = (redirectUris: readonly string[]): Partial<Client> => ({ applicationType: 'native', redirectUris });

  test.each([
    ['http://127.0.0.1', 'http://127.0.0.1:49152'],
    ['http://127.0.0.1', 'http://127.0.0.1:49152/'],
    ['http://localhost', 'http://localhost:49152'],
    ['http://[::1]', 'http://[::1]:49152/'],
    ['http://127.0.0.1:8400/callback', 'http://127.0.0.1:49152/callback'],
    ['com.example.app:/callback', 'com.example.app:/callback'],
  ])('registered %s, used %s: the code comes back there', async (registered, used) => {
    const clientId = `native ${registered} ${used}`;
    await server.addClient(clientId, asNative([registered]));
    const journey = await authorize(clientId, { redirect_uri: used, scope: 'openid' });
    expect(journey.url.href.startsWith(new URL(used).href)).toBe(true);
    const redeemed = await redeem(codeOf(journey), { client_id: clientId, redirect_uri: used });
    expect(redeemed.status).toBe(200);
  });

  test.each([
    'http://127.0.0.1:49152/elsewhere',
    'http://127.0.0.1.evil.example',
    'http://127.0.0.1@evil.example',
    'https://127.0.0.1:49152',
    'http://localhost:49152',
    'http://127.0.0.1:99999',
    'http://127.0.0.1:49152/?added=1',
  ])('T049: registered http://127.0.0.1, used %s: nothing is sent there', async (used) => {
    const clientId = `native refused ${used}`;
    await server.addClient(clientId, asNative(['http://127.0.0.1']));
    const { status, pages, body } = await authorize(clientId, { redirect_uri: used });
    expect([status, pages]).toEqual([400, ['/authorize']]);
    expect(body).toContain('redirect_uri_mismatch');
  });

  test('T049: the port of a web client is not free', async () => {
    await server.addClient('web', { redirectUris: ['http://127.0.0.1:8400/callback'] });
    expect((await authorize('web', { redirect_uri: 'http://127.0.0.1:49152/callback' })).status).toBe(400);
  });
});

describe('POST at the authorization endpoint, OpenID Connect Core 1.0 §3.1.2.1', () => {
  test('parameters in a form are as good as in the query', async () => {
    const endUser = createEndUser(server.issuer, ada);
    await endUser.open(authorizationUrl('public', { scope: 'openid' }));
    const url = new URL(authorizationUrl('public', { scope: 'openid', prompt: 'none', state: 'by form' }));
    const response = await endUser.request(new URL(url.pathname, url), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: url.searchParams.toString(),
    });
    expect(response.status).toBe(303);
    const location = new URL(response.headers.get('location') ?? '');
    expect(location.searchParams.get('state')).toBe('by form');
    expect((await redeem(location.searchParams.get('code') ?? '', { client_id: 'public' })).status).toBe(200);
  });
});
