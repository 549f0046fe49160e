import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { hashClientSecret } from '../../src/client_authentication/client_secret.ts';
import {
  type Browser,
  cheapHasher,
  codeVerifier,
  obtainCode,
  openPeople,
  type People,
  postForm,
  redirectUri,
} from '../people.ts';
import { addResource, basic, registeredSecret } from '../test_provider.ts';
import { askUserinfo, expectRefusal, obtainTokens, readAnswer, type TokenAnswer } from '../token_requests.ts';

const api = 'https://api.example.com';
const notes = 'https://notes.example.com';
const confidential = {
  tokenEndpointAuthMethod: 'client_secret_basic',
  clientSecretSha256: hashClientSecret(registeredSecret),
} as const;
const asked = { client_id: 'api-app', scope: 'openid read offline_access' };
let people: People;
let browser: Browser;
let tokens: TokenAnswer;

beforeAll(async () => {
  people = await openPeople({ passwordHasher: cheapHasher });
  await addResource(people.store, { resource: api, scope: ['read'] });
  await addResource(people.store, { resource: 'https://files.example.com' });
  await addResource(people.store, { resource: notes, accessTokenClaims: ['preferred_username'] });
  await people.addClient('api-app', { resources: [api], scope: ['openid', 'read', 'offline_access'] });
  await people.addClient('api-server', { ...confidential, grantTypes: [], serves: [api] });
  await people.addClient('notes-app', { resources: [notes], scope: ['openid'] });
  await people.addClient('notes-server', { ...confidential, grantTypes: [], serves: [notes] });
  await people.addClient('files-server', { ...confidential, grantTypes: [], serves: ['https://files.example.com'] });
  await people.addClient('nobody', { ...confidential, grantTypes: [] });
  await people.addClient('own', { ...confidential, resources: [api], scope: ['openid', 'read', 'offline_access'] });
  browser = people.openBrowser();
  tokens = await obtainTokens(people.app, browser, asked);
});

afterAll(() => people.store.close());

const introspect = async (token: string, clientId: string, extra: Readonly<Record<string, string>> = {}) =>
  postForm(people.app, '/introspect', { token, ...extra }, { Authorization: basic(clientId) });

const answerOf = async (token: string, clientId: string, extra?: Readonly<Record<string, string>>) =>
  (await introspect(token, clientId, extra)).json();

/** Tokens of a confidential client. */
const obtainOwn = async (): Promise<TokenAnswer> => {
  const code = await obtainCode(browser, { ...asked, client_id: 'own' });
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: codeVerifier };
  return readAnswer(await postForm(people.app, '/token', form, { Authorization: basic('own') }));
};

describe('a clock that is wrong', () => {
  test('makes nothing inactive: the node says 503, as at userinfo', async () => {
    people.clock.advance(7200);
    const refused = await introspect(tokens.access_token, 'api-server');
    expect(await refused.clone().json()).toMatchObject({ error_description: expect.stringContaining('or judged') });
    await expectRefusal(refused, 'temporarily_unavailable', 503);
    await expectRefusal(await askUserinfo(people.app, tokens.access_token), 'temporarily_unavailable', 503);
    await people.pass(-7200);
    expect(await answerOf(tokens.access_token, 'api-server')).toMatchObject({ active: true });
  });
});

/** Status, headers and body, as far as two answers may be told apart. */
const shapeOf = async (response: Response): Promise<readonly unknown[]> => {
  const headers = [...response.headers].filter(([name]) => name !== 'x-request-id');
  return [response.status, headers, await response.text()];
};

describe('introspection, RFC 7662', () => {
  test('the server of the token’s audience learns that it stands, and whose it is', async () => {
    expect(await answerOf(tokens.access_token, 'api-server')).toMatchObject({
      active: true,
      token_type: 'Bearer',
      aud: api,
      client_id: 'api-app',
      scope: 'openid read offline_access',
      iss: people.config.issuer,
    });
  });

  test('username is there where the token tells it, for django-oauth-toolkit knows its user by nothing else', async () => {
    const told = await obtainTokens(people.app, browser, { client_id: 'notes-app', scope: 'openid' });
    expect(await answerOf(told.access_token, 'notes-server')).toMatchObject({
      username: 'ada',
      preferred_username: 'ada',
    });
    expect(await answerOf(tokens.access_token, 'api-server')).not.toHaveProperty('username');
  });

  test('T078: a client that is not in the audience learns no more of a good token than of a made-up one', async () => {
    const [head, body] = tokens.access_token.split('.');
    const madeUp = `${head}.${body}.${'A'.repeat(86)}`;
    const unknown = await shapeOf(await introspect(madeUp, 'files-server'));
    expect(unknown[2]).toBe('{"active":false}');
    for (const clientId of ['files-server', 'nobody', 'own']) {
      expect(await shapeOf(await introspect(tokens.access_token, clientId))).toEqual(unknown);
      expect(await shapeOf(await introspect(tokens.refresh_token, clientId))).toEqual(unknown);
      expect(await shapeOf(await introspect('unknown', clientId))).toEqual(unknown);
    }
  });

  test.each(['/introspect', '/revoke'])(
    'T078: %s looks up as much for a foreign token as for an unknown one',
    async (path) => {
      const asked: string[] = [];
      const store = new Proxy(people.store, {
        get: (target, verb, receiver) => {
          asked.push(String(verb));
          return Reflect.get(target, verb, receiver);
        },
      });
      const app = createApp({ ...people, store });
      const lookedUp = async (token: string): Promise<readonly string[]> => {
        asked.length = 0;
        const response = await postForm(app, path, { token }, { Authorization: basic('files-server') });
        expect(response.status).toBe(200);
        return [...asked];
      };
      const [head, body] = tokens.access_token.split('.');
      const ofNobody = await lookedUp(`${head}.${body}.${'A'.repeat(86)}`);
      expect(ofNobody).toEqual(['findClient']);
      expect(await lookedUp(tokens.access_token)).toEqual(ofNobody);
      expect(await lookedUp('A'.repeat(43))).toEqual(await lookedUp(tokens.refresh_token));
    },
  );

  test('T078: a refresh token is shown to its own client alone, not to the server of its audience', async () => {
    const own = await obtainOwn();
    expect(await answerOf(own.refresh_token, 'own')).toMatchObject({ active: true, client_id: 'own' });
    expect(await answerOf(own.access_token, 'own')).toMatchObject({ active: true, client_id: 'own' });
    expect(await answerOf(own.refresh_token, 'api-server')).toEqual({ active: false });
    expect(await answerOf(own.refresh_token, 'nobody')).toEqual({ active: false });
  });

  test.each(['access_token', 'refresh_token', 'nonsense'])(
    'a token_type_hint of %s changes nothing, right or wrong (RFC 7662 §2.1)',
    async (hint) => {
      const own = await obtainOwn();
      for (const token of [own.access_token, own.refresh_token])
        expect(await answerOf(token, 'own', { token_type_hint: hint })).toMatchObject({ active: true });
    },
  );

  test('T078: a public client is refused: anybody could ask in its name', async () => {
    const form = { token: tokens.access_token, client_id: 'api-app' };
    await expectRefusal(await postForm(people.app, '/introspect', form), 'invalid_client', 401);
    await expectRefusal(await postForm(people.app, '/introspect', { token: 'x' }), 'invalid_client', 401);
  });

  test('an ID token, a code and an expired token are not active', async () => {
    const own = await obtainOwn();
    expect(await answerOf(own.id_token, 'own')).toEqual({ active: false });
    await people.pass(601);
    expect(await answerOf(own.access_token, 'own')).toEqual({ active: false });
    expect(await answerOf(own.refresh_token, 'own')).toMatchObject({ active: true });
  });

  test('a refresh token is active until its family can be refreshed no more, and says so', async () => {
    const own = await obtainOwn();
    const answerWith = async (refreshFamilySeconds: number) => {
      const app = createApp({ ...people, config: { ...people.config, refreshFamilySeconds } });
      const answer = await postForm(app, '/introspect', { token: own.refresh_token }, { Authorization: basic('own') });
      return answer.json();
    };
    expect(await answerWith(60)).toMatchObject({ active: true, exp: people.clock.now() + 60 });
    expect(await answerWith(0)).toEqual({ active: false });
  });

  test('what ended is not active: a spent refresh token, a revoked family, a locked end-user', async () => {
    const spent = await obtainOwn();
    const form = { grant_type: 'refresh_token', refresh_token: spent.refresh_token };
    const second = await readAnswer(await postForm(people.app, '/token', form, { Authorization: basic('own') }));
    expect(await answerOf(spent.refresh_token, 'own')).toEqual({ active: false });
    expect(await answerOf(second.refresh_token, 'own')).toMatchObject({ active: true });
    const { sub } = (await answerOf(second.access_token, 'own')) as { sub: string };
    await people.store.lockUser(sub, people.clock.now());
    expect(await answerOf(second.access_token, 'own')).toEqual({ active: false });
    expect(await answerOf(second.refresh_token, 'own')).toEqual({ active: false });
    await people.store.unlockUser(sub);
    expect(await answerOf(second.access_token, 'own')).toEqual({ active: false });
    browser = people.openBrowser();
  });

  test('T077: no page of any origin may read the answer', async () => {
    const headers = { Authorization: basic('own'), Origin: 'https://app.example.com' };
    const response = await postForm(people.app, '/introspect', { token: tokens.access_token }, headers);
    expect(response.headers.has('Access-Control-Allow-Origin')).toBe(false);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
  });

  test('GET is 405, and a token is taken from the body alone', async () => {
    expect((await people.app.request(`/introspect?token=${tokens.access_token}`)).status).toBe(405);
    const query = `/introspect?token=${tokens.access_token}`;
    const response = await postForm(people.app, query, {}, { Authorization: basic('own') });
    await expectRefusal(response, 'invalid_request');
    await expectRefusal(await introspect('', 'own'), 'invalid_request');
  });
});
