import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashClientSecret } from '../../src/client_authentication/client_secret.ts';
import { type Browser, cheapHasher, openPeople, type People, postForm } from '../people.ts';
import { addResource, basic, registeredSecret } from '../test_provider.ts';
import { askUserinfo, obtainTokens, readAnswer, type TokenAnswer } from '../token_requests.ts';

const api = 'https://api.example.com';
let people: People;
let browser: Browser;
let tokens: TokenAnswer;

beforeAll(async () => {
  people = await openPeople({ passwordHasher: cheapHasher });
  await addResource(people.store, { resource: api, scope: ['read'] });
  await people.addClient('signed', { userinfoSignedResponseAlg: 'ES256' });
  await people.addClient('machine', {
    tokenEndpointAuthMethod: 'client_secret_basic',
    clientSecretSha256: hashClientSecret(registeredSecret),
    grantTypes: ['client_credentials'],
    resources: [api],
    scope: ['read'],
  });
  browser = people.openBrowser();
  tokens = await obtainTokens(people.app, browser, { scope: 'openid profile' });
});

afterAll(() => people.store.close());

const expectChallenge = async (response: Response, error: string, status = 401): Promise<void> => {
  expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([status, error]);
  expect(response.headers.get('WWW-Authenticate')).toMatch(
    new RegExp(`^Bearer realm="userinfo endpoint", error="${error}"`),
  );
  expect(response.headers.get('Cache-Control')).toBe('no-store');
};

describe('userinfo, OpenID Connect Core 1.0 §5.3', () => {
  test('says what the scope asks for and no more, of the end-user of the token', async () => {
    const response = await askUserinfo(people.app, tokens.access_token);
    const claims = (await response.json()) as Readonly<Record<string, unknown>>;
    expect(claims).toMatchObject({ sub: decodeJwt(tokens.id_token).sub, name: 'Ada Lovelace' });
    expect(claims).not.toHaveProperty('email');
    expect(claims).not.toHaveProperty('roles');
    expect(JSON.stringify(claims)).not.toContain('cheap$');
    expect(response.headers.get('Cache-Control')).toBe('no-store');
  });

  test('says the e-mail address where it was asked for', async () => {
    const more = await obtainTokens(people.app, browser, { scope: 'openid email' });
    expect(await (await askUserinfo(people.app, more.access_token)).json()).toEqual({
      sub: decodeJwt(tokens.id_token).sub,
      email: 'ada@example.com',
      email_verified: true,
    });
  });

  test('takes the token from the body of a POST too, never from the URL, never twice', async () => {
    const form = { access_token: tokens.access_token };
    expect((await postForm(people.app, '/userinfo', form)).status).toBe(200);
    const inUrl = await people.app.request(`/userinfo?access_token=${tokens.access_token}`);
    expect([inUrl.status, inUrl.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer realm="userinfo endpoint"']);
    expect(await inUrl.json()).toMatchObject({
      error_description: expect.stringMatching(/^No access token was sent: /),
    });
    const twice = await postForm(people.app, '/userinfo', form, { Authorization: `Bearer ${tokens.access_token}` });
    await expectChallenge(twice, 'invalid_request', 400);
    for (const query of [`access_token=${tokens.access_token}`, 'x=y&access%5ftoken=', 'access_token=another']) {
      const inBoth = await people.app.request(`/userinfo?${query}`, {
        headers: { Authorization: `Bearer ${tokens.access_token}` },
      });
      await expectChallenge(inBoth, 'invalid_request', 400);
    }
    const json = await people.app.request('/userinfo', {
      method: 'POST',
      body: JSON.stringify(form),
      headers: { 'Content-Type': 'application/json' },
    });
    await expectChallenge(json, 'invalid_request', 400);
  });

  test('is signed for a client that is registered for it', async () => {
    const signed = await obtainTokens(people.app, browser, { client_id: 'signed', scope: 'openid profile' });
    const response = await askUserinfo(people.app, signed.access_token);
    expect(response.headers.get('Content-Type')).toBe('application/jwt');
    const jwt = await response.text();
    expect(decodeProtectedHeader(jwt).alg).toBe('ES256');
    expect(decodeJwt(jwt)).toMatchObject({ iss: people.config.issuer, aud: 'signed', name: 'Ada Lovelace' });
  });

  test.each([
    ['invalid_token', 401, 'Bearer not-a-token'],
    ['invalid_request', 400, 'Bearer'],
    ['invalid_request', 400, 'bearer '],
    ['invalid_request', 400, 'Bearer a b'],
    ['invalid_request', 400, 'Bearer a,b'],
  ])('RFC 6750 §3.1: %s, %i, for the header "Authorization: %s"', async (error, status, authorization) => {
    const response = await people.app.request('/userinfo', { headers: { Authorization: authorization } });
    await expectChallenge(response, error, status);
  });

  test.each(['', 'Basic eDp5', 'DPoP x', 'Bearerish x'])(
    'RFC 6750 §3.1: another scheme, "Authorization: %s", gets the challenge alone, without an error in it',
    async (authorization) => {
      const response = await people.app.request('/userinfo', { headers: { Authorization: authorization } });
      expect([response.status, response.headers.get('WWW-Authenticate')]).toEqual([
        401,
        'Bearer realm="userinfo endpoint"',
      ]);
    },
  );

  test('an ID token, an altered token and one signed by nobody are invalid_token', async () => {
    const [head, body, signature] = tokens.access_token.split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
    const swapped = Buffer.from(JSON.stringify({ ...decodeJwt(tokens.access_token), sub: 'someone else' }));
    for (const token of [
      tokens.id_token,
      `${none}.${body}.`,
      `${head}.${swapped.toString('base64url')}.${signature}`,
      `${head}.${body}.`,
    ])
      await expectChallenge(await askUserinfo(people.app, token), 'invalid_token');
  });

  test('T075: a client’s own token is invalid_token: it has no end-user', async () => {
    const form = { grant_type: 'client_credentials' };
    const answer = await postForm(people.app, '/token', form, { Authorization: basic('machine') });
    await expectChallenge(await askUserinfo(people.app, (await readAnswer(answer)).access_token), 'invalid_token');
  });

  test('RFC 6750 §3.1: who sent no token gets the challenge alone, without an error in it', async () => {
    const response = await people.app.request('/userinfo');
    expect([response.status, response.headers.get('WWW-Authenticate')]).toEqual([
      401,
      'Bearer realm="userinfo endpoint"',
    ]);
  });

  test('a token without the scope openid is insufficient_scope', async () => {
    const without = await obtainTokens(people.app, browser, { scope: 'profile' });
    await expectChallenge(await askUserinfo(people.app, without.access_token), 'insufficient_scope', 403);
  });

  test('a token is good until it expires, and not after', async () => {
    const fresh = await obtainTokens(people.app, browser);
    await people.pass(599);
    expect((await askUserinfo(people.app, fresh.access_token)).status).toBe(200);
    await people.pass(1);
    await expectChallenge(await askUserinfo(people.app, fresh.access_token), 'invalid_token');
  });

  test('T085: the token of a locked or removed end-user is invalid_token at once', async () => {
    const user = await people.addUser('grace');
    const visitor = people.openBrowser();
    await visitor.signIn('grace');
    const { access_token } = await obtainTokens(people.app, visitor);
    expect((await askUserinfo(people.app, access_token)).status).toBe(200);
    await people.store.lockUser(user.sub, people.clock.now());
    await expectChallenge(await askUserinfo(people.app, access_token), 'invalid_token');
    await people.store.removeUser(user.sub, people.clock.now());
    await expectChallenge(await askUserinfo(people.app, access_token), 'invalid_token');
  });

  test('T016: a token asked for another resource by name is for that one alone; the first is what a client gets that names none', async () => {
    const other = 'https://other.example.com';
    await addResource(people.store, { resource: other, scope: ['read'] });
    await people.addClient('api-app', { resources: [api, other], scope: ['openid', 'read'] });
    const asked = { client_id: 'api-app', scope: 'openid read' };
    const unnamed = await obtainTokens(people.app, browser, asked);
    expect(decodeJwt(unnamed.access_token).aud).toBe(api);
    expect((await askUserinfo(people.app, unnamed.access_token)).status).toBe(200);
    const named = await obtainTokens(people.app, browser, { ...asked, resource: other });
    expect(decodeJwt(named.access_token).aud).toBe(other);
    await expectChallenge(await askUserinfo(people.app, named.access_token), 'invalid_token');
  });
});
