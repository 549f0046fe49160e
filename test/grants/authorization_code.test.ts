import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hashOpaque } from '../../src/tokens/opaque.ts';
import {
  type Browser,
  cheapHasher,
  codeVerifier,
  obtainCode,
  openPeople,
  type People,
  password,
  postForm,
  redeem,
  redirectUri,
} from '../people.ts';
import { addResource } from '../test_provider.ts';
import { askUserinfo, expectRefusal, obtainTokens, readAnswer, refresh } from '../token_requests.ts';

const api = 'https://api.example.com';
let people: People;
let browser: Browser;

beforeAll(async () => {
  people = await openPeople({ passwordHasher: cheapHasher });
  await people.addClient('other');
  await people.addClient('without-refresh', { grantTypes: ['authorization_code'] });
  await addResource(people.store, { resource: api, scope: ['read'] });
  await people.addClient('api-app', { resources: [api], scope: ['openid', 'read'] });
  browser = people.openBrowser();
});

beforeEach(() => {
  (people.records as unknown[]).length = 0;
});

afterAll(() => people.store.close());

const reasons = (): readonly unknown[] => people.records.map(({ fields }) => fields.reason);

describe('whose a code is, and for how long, RFC 6749 §4.1.3', () => {
  const wrongs = [
    { wrong: 'another client', overrides: { client_id: 'other' }, reason: 'client_mismatch' },
    { wrong: 'another redirect_uri', overrides: { redirect_uri: `${redirectUri}/` }, reason: 'redirect_uri_mismatch' },
    { wrong: 'no redirect_uri', overrides: { redirect_uri: undefined }, reason: 'redirect_uri_mismatch' },
    { wrong: 'another code_verifier', overrides: { code_verifier: 'A'.repeat(43) }, reason: 'pkce_mismatch' },
    { wrong: 'no code_verifier', overrides: { code_verifier: undefined }, reason: 'pkce_mismatch' },
    { wrong: 'a code_verifier that is too short', overrides: { code_verifier: 'A' }, reason: 'pkce_mismatch' },
  ];

  test.each(wrongs)('T069: a code with $wrong is invalid_grant, and still good for its own client', async (wrong) => {
    const code = await obtainCode(browser);
    await expectRefusal(await redeem(people.app, code, wrong.overrides), 'invalid_grant');
    expect(reasons()).toEqual([wrong.reason]);
    expect((await redeem(people.app, code)).status).toBe(200);
  });

  test('T069: a code is good for 60 seconds, and not for the sixtieth', async () => {
    const [late, timely] = [await obtainCode(browser), await obtainCode(browser)];
    await people.pass(59);
    expect((await redeem(people.app, timely)).status).toBe(200);
    await people.pass(1);
    await expectRefusal(await redeem(people.app, late), 'invalid_grant');
    expect(reasons()).toEqual(['code_expired']);
  });

  test('a code without its value is invalid_request', async () => {
    await expectRefusal(await redeem(people.app, 'unused', { code: undefined }), 'invalid_request');
  });

  test('a client that is not registered for refresh tokens gets none', async () => {
    const tokens = await obtainTokens(people.app, browser, { client_id: 'without-refresh' });
    expect(tokens).not.toHaveProperty('refresh_token');
    expect(tokens.access_token).toEqual(expect.any(String));
  });
});

describe('what ended meanwhile gives no tokens', () => {
  test('the end-user was locked', async () => {
    const user = await people.addUser('grace');
    const code = await obtainCodeOf('grace');
    await people.store.lockUser(user.sub, people.clock.now());
    await expectRefusal(await redeem(people.app, code), 'invalid_grant');
    await people.store.unlockUser(user.sub);
    await expectRefusal(await redeem(people.app, code), 'invalid_grant');
  });

  test('the end-user was removed', async () => {
    const user = await people.addUser('hedy');
    const code = await obtainCodeOf('hedy');
    await people.store.removeUser(user.sub, people.clock.now());
    await expectRefusal(await redeem(people.app, code), 'invalid_grant');
  });

  test('the end-user signed out', async () => {
    const user = await people.addUser('joan');
    const code = await obtainCodeOf('joan');
    for (const { sid } of await people.store.listSessions(user.sub))
      await people.store.endSession(sid, people.clock.now());
    await expectRefusal(await redeem(people.app, code), 'invalid_grant');
  });

  test('the consent was withdrawn', async () => {
    const user = await people.addUser('mary');
    const code = await obtainCodeOf('mary');
    await people.store.withdrawConsent(user.sub, 'app', people.clock.now());
    await expectRefusal(await redeem(people.app, code), 'invalid_grant');
  });

  test('the client was removed', async () => {
    const visitor = people.openBrowser();
    await people.addClient('passing');
    const code = await obtainCode(visitor, { client_id: 'passing' });
    await people.store.removeClient('passing');
    await expectRefusal(await redeem(people.app, code, { client_id: 'passing' }), 'invalid_client', 401);
    await people.addClient('passing');
    await expectRefusal(await redeem(people.app, code, { client_id: 'passing' }), 'invalid_grant');
  });

  const obtainCodeOf = async (username: string): Promise<string> => {
    const visitor = people.openBrowser();
    await visitor.signIn(username);
    return obtainCode(visitor);
  };
});

describe('each value in its own place', () => {
  test('T070: a code is no refresh token, a refresh token no code, and neither any other kind of token', async () => {
    const code = await obtainCode(browser);
    await expectRefusal(await refresh(people.app, code), 'invalid_grant');
    expect((await askUserinfo(people.app, code)).status).toBe(401);
    const tokens = await readAnswer(await redeem(people.app, code));
    const values = [tokens.refresh_token, tokens.access_token, tokens.id_token];
    for (const value of values) await expectRefusal(await redeem(people.app, value), 'invalid_grant');
    for (const value of [tokens.access_token, tokens.id_token])
      await expectRefusal(await refresh(people.app, value), 'invalid_grant');
    for (const value of [tokens.refresh_token, tokens.id_token])
      expect((await askUserinfo(people.app, value)).status).toBe(401);
    const [session] = await people.store.listSessions((await people.store.findUserByLogin('ada'))?.sub ?? '');
    expect(session).toBeDefined();
    for (const secret of browser.jar.values()) {
      await expectRefusal(await refresh(people.app, secret), 'invalid_grant');
      await expectRefusal(await redeem(people.app, secret), 'invalid_grant');
    }
    expect((await refresh(people.app, tokens.refresh_token)).status).toBe(200);
  });

  test('T070: the hash that is kept of a code is not a code', async () => {
    const code = await obtainCode(browser);
    await expectRefusal(await redeem(people.app, hashOpaque(code)), 'invalid_grant');
    expect((await redeem(people.app, code)).status).toBe(200);
  });

  test('T071: a code is taken from a form in the body alone', async () => {
    const code = await obtainCode(browser);
    const form = { grant_type: 'authorization_code', client_id: 'app', code, redirect_uri: redirectUri };
    const whole = { ...form, code_verifier: codeVerifier };
    const query = `/token?${new URLSearchParams(whole)}`;
    expect((await people.app.request(query)).status).toBe(405);
    expect((await postForm(people.app, query, whole)).status).toBe(400);
    const json = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(whole) };
    await expectRefusal(await people.app.request('/token', json), 'invalid_request');
    expect((await postForm(people.app, '/token', whole)).status).toBe(200);
  });

  test('T072: an error says nothing of what was sent, nor of which check refused it', async () => {
    const code = await obtainCode(browser);
    const unknown = await (await redeem(people.app, 'unknown-value')).text();
    const mismatch = await (await redeem(people.app, code, { code_verifier: 'B'.repeat(43) })).text();
    expect(mismatch).toBe(unknown);
    expect(unknown).not.toMatch(/unknown-value|B{43}|\bat .*:\d+/);
  });

  test('T073: grant_type=password is unsupported_grant_type, with the right password too', async () => {
    const form = {
      grant_type: 'password',
      client_id: 'app',
      username: 'ada',
      password,
    };
    await expectRefusal(await postForm(people.app, '/token', form), 'unsupported_grant_type');
  });

  test.each([['urn:ietf:params:oauth:grant-type:token-exchange'], ['urn:ietf:params:oauth:grant-type:jwt-bearer']])(
    'T076: grant_type=%s is unsupported_grant_type',
    async (grantType) => {
      const form = { grant_type: grantType, client_id: 'app', subject_token: 'x', assertion: 'x' };
      await expectRefusal(await postForm(people.app, '/token', form), 'unsupported_grant_type');
    },
  );

  test('T074: a code names the resource it was given for or none, never another', async () => {
    const code = await obtainCode(browser, { client_id: 'api-app', scope: 'openid read' });
    const asked = { client_id: 'api-app' };
    await expectRefusal(
      await redeem(people.app, code, { ...asked, resource: 'https://other.example.com' }),
      'invalid_target',
    );
    await expectRefusal(await redeem(people.app, code, { ...asked, resource: people.config.issuer }), 'invalid_target');
    expect((await redeem(people.app, code, { ...asked, resource: api })).status).toBe(200);
  });

  test('T074: a client without resources gets tokens for the issuer itself, whatever it names', async () => {
    const code = await obtainCode(browser);
    await expectRefusal(await redeem(people.app, code, { resource: api }), 'invalid_target');
    expect((await redeem(people.app, code)).status).toBe(200);
  });
});
