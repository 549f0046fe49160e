import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import {
  authorizePath,
  type Browser,
  cheapHasher,
  issuer,
  obtainCode,
  openPeople,
  type People,
  redeem,
  redirectUri,
} from '../people.ts';

let people: People;
beforeAll(async () => {
  people = await openPeople({ passwordHasher: cheapHasher });
  await people.addUser('eve');
  await people.addClient('other', { redirectUris: ['https://other.example.com/callback'] });
  await people.addClient('ours', { firstParty: true });
});

const signedIn = async (login = 'ada'): Promise<Browser> => {
  const browser = people.openBrowser();
  expect((await browser.signIn(login)).status).toBe(303);
  return browser;
};

/** Where a request that waits for nobody is answered to. */
const answerOf = async (browser: Browser, overrides: Parameters<typeof authorizePath>[0]): Promise<URL> => {
  const { status, location } = await browser.get(authorizePath(overrides));
  expect(status).toBe(303);
  return new URL(location, issuer);
};

const payloadOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
const idTokenOf = async (code: string, clientId = 'app'): Promise<string> => {
  const answer = (await (await redeem(people.app, code, { client_id: clientId })).json()) as { id_token: string };
  return answer.id_token;
};

describe('authorization_endpoint, RFC 6749 §4.1.2.1', () => {
  test.each([
    ['no client_id', { client_id: undefined }],
    ['an unknown client_id', { client_id: 'nobody' }],
    ['no redirect_uri', { redirect_uri: undefined }],
    ['a redirect_uri of another client', { redirect_uri: 'https://other.example.com/callback' }],
    ['a redirect_uri of nobody', { redirect_uri: 'https://evil.example/', prompt: 'none' }],
    ['a script for redirect_uri', { redirect_uri: 'javascript:alert(1)', response_mode: 'form_post' }],
  ])('T047: with %s nobody is redirected, and nothing of the request is shown', async (_, overrides) => {
    const { status, location, html, headers } = await people.openBrowser().get(authorizePath(overrides));
    expect({ status, location }).toEqual({ status: 400, location: '' });
    expect(headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    expect(html).not.toMatch(/evil\.example|javascript:|nobody/);
  });

  test.each(['client_id', 'redirect_uri', 'state', 'prompt', 'scope', 'code_challenge'])(
    'T052: %s given twice is invalid_request, and goes nowhere',
    async (name) => {
      const path = `${authorizePath({ prompt: 'login' })}&${name}=x`;
      const { status, location } = await people.openBrowser().get(path);
      expect({ status, location }).toEqual({ status: 400, location: '' });
    },
  );

  test('T052: parameters split between the query and the body are invalid_request', async () => {
    const [, query = ''] = authorizePath().split('?');
    const split = await people.openBrowser().post('/authorize?client_id=app', query.replace('client_id=app&', ''));
    expect({ status: split.status, location: split.location }).toEqual({ status: 400, location: '' });
    const whole = await people.openBrowser().post('/authorize', query);
    expect(whole.location).toMatch(/^\/login\?interaction=/);
  });

  test('T052: two resources are refused to the client', async () => {
    const browser = people.openBrowser();
    const { location } = await browser.get(`${authorizePath()}&resource=https://a.example&resource=https://b.example`);
    expect(new URL(location).searchParams.get('error')).toBe('invalid_target');
  });

  test.each([
    'a\r\nSet-Cookie: a=b',
    '"><script>alert(1)</script>',
    '\u2028é😀',
    'a b+c%20d&iss=https://evil.example#x',
  ])('T055: the state %j comes back as it was, in the one header', async (state) => {
    const { headers } = await people.openBrowser().get(authorizePath({ state, prompt: 'none' }));
    const location = headers.get('Location') ?? '';
    expect(location).toMatch(/^[\x21-\x7e]+$/);
    expect(location).not.toMatch(/[<>"]/);
    expect(new URL(location).searchParams.getAll('state')).toEqual([state]);
    expect(new URL(location).searchParams.getAll('iss')).toEqual([issuer]);
    expect([...headers.keys()].filter((name) => name === 'set-cookie')).toEqual([]);
  });

  test.each(['state', 'nonce', 'login_hint', 'acr_values', 'display', 'ui_locales'])(
    'T055: a %s with U+0000, which Postgres would not keep, is refused to the client',
    async (name) => {
      const answer = await answerOf(people.openBrowser(), { [name]: 'a\0b' });
      expect(answer.searchParams.get('error')).toBe('invalid_request');
      expect((await answerOf(people.openBrowser(), { [name]: 'a\u0001\ufffdb' })).pathname).toBe('/login');
    },
  );

  test('T055: a state of 8 KB is refused', async () => {
    const answer = await answerOf(people.openBrowser(), { state: 'x'.repeat(8192) });
    expect(answer.searchParams.get('error')).toBe('invalid_request');
  });

  test.each([
    ['login_required', { prompt: 'none' }],
    ['invalid_request', { prompt: 'none login' }],
    ['invalid_request', { code_challenge: undefined }],
    ['unsupported_response_type', { response_type: 'token' }],
    ['invalid_scope', { scope: 'openid admin' }],
    ['invalid_target', { resource: 'https://api.example.com' }],
    ['request_not_supported', { request: 'eyJhbGciOiJub25lIn0.e30.' }],
    ['request_uri_not_supported', { request_uri: 'urn:x' }],
    ['unmet_authentication_requirements', { claims: '{"id_token":{"acr":{"essential":true,"value":"9"}}}' }],
  ])('T057: the error %s for %j carries iss and state', async (error, overrides) => {
    const answer = await answerOf(people.openBrowser(), overrides);
    expect(answer.href.startsWith(`${redirectUri}?`)).toBe(true);
    expect(Object.fromEntries(answer.searchParams)).toMatchObject({ error, iss: issuer, state: 'af0ifjsldkj' });
    expect(answer.searchParams.has('code')).toBe(false);
  });

  test('T057: the response carries iss, by query and by form_post alike', async () => {
    const browser = await signedIn();
    const answer = await browser.walk(authorizePath());
    expect(Object.fromEntries(answer.searchParams)).toMatchObject({ iss: issuer, state: 'af0ifjsldkj' });
    const posted = await browser.get(authorizePath({ response_mode: 'form_post' }));
    expect(posted.field('iss')).toBe(issuer);
    const german = await browser.get(authorizePath({ response_mode: 'form_post', ui_locales: 'fr de' }));
    expect(german.html).toContain('<html lang="de">');
    expect(posted.field('code')).toMatch(/^[\w-]{43}$/);
  });

  test('T061: what a form_post page carries is escaped, and its policy lets one script in', async () => {
    const state = '"><script>alert(1)</script>';
    const page = await people.openBrowser().get(authorizePath({ state, response_mode: 'form_post', prompt: 'none' }));
    expect(page.status).toBe(200);
    expect(page.html).toContain('value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
    expect(page.html.match(/<script/g)).toHaveLength(1);
    expect(page.headers.get('Content-Security-Policy')).toMatch(/ script-src 'sha256-[^']+';/);
    expect(page.headers.get('Cache-Control')).toBe('no-store');
  });
});

describe('the code and its verifier, RFC 7636 §4.6', () => {
  test.each([
    ['no verifier', { code_verifier: undefined }],
    ['another verifier', { code_verifier: 'A'.repeat(43) }],
    ['a verifier too short', { code_verifier: 'A' }],
  ])('T054: a code asked for with a challenge and redeemed with %s is invalid_grant', async (_, overrides) => {
    const code = await obtainCode(people.openBrowser());
    const response = await redeem(people.app, code, overrides);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'invalid_grant' });
  });

  test('T054: a verifier for a code that had no challenge is invalid_grant', async () => {
    await people.addClient('old', { dangerouslyAllowNoPkce: true });
    const without = { client_id: 'old', code_challenge: undefined, code_challenge_method: undefined };
    const [first, second] = [
      await obtainCode(people.openBrowser(), without),
      await obtainCode(people.openBrowser(), without),
    ];
    expect(await (await redeem(people.app, first, { client_id: 'old' })).json()).toMatchObject({
      error: 'invalid_grant',
    });
    expect((await redeem(people.app, second, { client_id: 'old', code_verifier: undefined })).status).toBe(200);
  });
});

describe('prompt and max_age, OpenID Connect Core 1.0 §3.1.2.1', () => {
  test('T059: prompt=none without a session is login_required, without consent consent_required, and no page is shown', async () => {
    const browser = people.openBrowser();
    expect((await answerOf(browser, { prompt: 'none' })).searchParams.get('error')).toBe('login_required');
    const eve = await people.addUser('eve-2');
    await browser.signIn(eve.username);
    expect((await answerOf(browser, { prompt: 'none' })).searchParams.get('error')).toBe('consent_required');
    await browser.walk(authorizePath());
    expect((await answerOf(browser, { prompt: 'none' })).searchParams.get('code')).toMatch(/^[\w-]{43}$/);
  });

  test.each([{ max_age: '0' }, { prompt: 'login' }, { max_age: '30' }])(
    'T059: %j asks again who is signed in for a minute, and auth_time is that of the last time',
    async (overrides) => {
      const browser = await signedIn();
      await people.pass(60);
      const started = await answerOf(browser, { client_id: 'ours', ...overrides });
      expect(started.pathname).toBe('/login');
      const again = await answerOf(browser, { client_id: 'ours', ...overrides, prompt: 'none' });
      if (!('prompt' in overrides)) expect(again.searchParams.get('error')).toBe('login_required');
      const back = await browser.get(`/authorize${started.search}`);
      expect(back.location).toBe(`/login${started.search}`);
      await people.pass(5);
      const code = (await browser.walk(`/login${started.search}`)).searchParams.get('code') ?? '';
      expect(payloadOf(await idTokenOf(code, 'ours')).auth_time).toBe(people.clock.now());
    },
  );

  test.each([{ max_age: '0' }, { prompt: 'login' }])(
    'T059: %j asks again in the very second of the sign-in',
    async (overrides) => {
      const browser = await signedIn();
      expect((await answerOf(browser, { client_id: 'ours' })).searchParams.has('code')).toBe(true);
      expect((await answerOf(browser, { client_id: 'ours', ...overrides })).pathname).toBe('/login');
    },
  );

  test.each([{ max_age: '0' }, { prompt: 'login' }, { prompt: 'select_account' }])(
    'T059: %j is not answered by coming back unproved in the very second of the sign-in, and is by signing in',
    async (overrides) => {
      const browser = await signedIn();
      const started = await answerOf(browser, { client_id: 'ours', ...overrides });
      expect((await browser.get(`/authorize${started.search}`)).location).toBe(`/login${started.search}`);
      const asked = await answerOf(people.openBrowser(), { client_id: 'ours', ...overrides });
      const other = await browser.get(`/authorize${asked.search}`);
      expect(other.status).toBe(400);
      expect((await browser.walk(`/login${started.search}`)).searchParams.get('code')).toMatch(/^[\w-]{43}$/);
    },
  );

  test.each([
    [{ prompt: 'login' }, 'ada'],
    [{ max_age: '0' }, 'ada'],
    [{ prompt: 'login', login_hint: 'eve' }, 'eve'],
    [{ prompt: 'login select_account' }, undefined],
  ])('%j: the page asks for the password of %j', async (overrides, login) => {
    const browser = await signedIn();
    const { search } = await answerOf(browser, { client_id: 'ours', ...overrides });
    const [, shown] = /name="login"[^>]* value="([^"]*)"/.exec((await browser.get(`/login${search}`)).html) ?? [];
    expect(shown).toBe(login);
  });

  test('T059: auth_time is when the end-user proved themselves, not when the code was asked for', async () => {
    const browser = await signedIn();
    const authTime = people.clock.now();
    await people.pass(600);
    const code = await obtainCode(browser, { client_id: 'ours', max_age: '3600' });
    expect(payloadOf(await idTokenOf(code, 'ours')).auth_time).toBe(authTime);
  });
});

describe('id_token_hint, OpenID Connect Core 1.0 §3.1.2.1', () => {
  test('T066: a hint signs nobody in, and never answers for another end-user', async () => {
    const hint = await idTokenOf(await obtainCode(people.openBrowser(), { client_id: 'ours' }), 'ours');
    const asked = { client_id: 'ours', id_token_hint: hint, prompt: 'none' };
    expect((await answerOf(people.openBrowser(), asked)).searchParams.get('error')).toBe('login_required');
    expect((await answerOf(await signedIn('eve'), asked)).searchParams.get('error')).toBe('login_required');
    expect((await answerOf(await signedIn('ada'), asked)).searchParams.has('code')).toBe(true);
  });

  test('T066: a hint of another issuer, for another client, or no ID token is refused', async () => {
    const browser = await signedIn();
    const answer = await redeem(people.app, await obtainCode(browser));
    const { id_token: hint, access_token: accessToken } = (await answer.json()) as Record<string, string>;
    const stranger = await openPeople({ environment: { KEYTURN_ISSUER: 'https://evil.example' } });
    const foreign = await redeem(stranger.app, await obtainCode(stranger.openBrowser()));
    const { id_token: foreignHint } = (await foreign.json()) as Record<string, string>;
    for (const [client_id, id_token_hint] of [
      ['ours', hint],
      ['app', foreignHint],
      ['app', accessToken],
      ['app', `${hint?.split('.').slice(0, 2).join('.')}.AAAA`],
    ])
      expect((await answerOf(browser, { client_id, id_token_hint })).searchParams.get('error')).toBe('invalid_request');
  });
});

describe('id_token_hint of a key that was revoked', () => {
  let afterRevocation: People;
  let hint: string;
  beforeAll(async () => {
    afterRevocation = await openPeople();
    const { app, store, keyRing } = afterRevocation;
    const answer = await redeem(app, await obtainCode(afterRevocation.openBrowser()));
    ({ id_token: hint } = (await answer.json()) as { id_token: string });
    const { kid = '' } = decodeProtectedHeader(hint);
    const { databaseNow: revokedAt } = await store.readSigningKeys();
    await store.revokeSigningKey({ kid, reason: 'a test', revokedAt, promotedKid: null, successor: null });
    await keyRing.refresh();
  });
  afterAll(() => afterRevocation.store.close());

  test('T066: it names nobody, so that without a page the end-user has to sign in', async () => {
    const browser = afterRevocation.openBrowser();
    await obtainCode(browser);
    const path = authorizePath({ id_token_hint: hint, prompt: 'none' });
    expect(new URL((await browser.get(path)).location).searchParams.get('error')).toBe('login_required');
  });

  test('with pages it is as none', async () => {
    expect(await obtainCode(afterRevocation.openBrowser(), { id_token_hint: hint })).toMatch(/^[\w-]{43}$/);
  });
});

describe('login CSRF, RFC 9700 §4.7', () => {
  test("T067: the callback of an attacker's finished sign-in, opened in another browser, goes nowhere", async () => {
    const attacker = people.openBrowser();
    const { location } = await attacker.get(authorizePath());
    const query = location.slice(location.indexOf('?'));
    expect((await attacker.signIn('eve', undefined, query)).location).toBe(`/authorize${query}`);
    for (const victim of [people.openBrowser(), await signedIn()])
      for (const path of [`/authorize${query}`, `/login${query}`, `/consent${query}`]) {
        const page = await victim.get(path);
        expect({ status: page.status, location: page.location }).toEqual({ status: 400, location: '' });
      }
    expect((await attacker.walk(`/authorize${query}`)).searchParams.has('code')).toBe(true);
  });

  test('T067: an interaction is good for an hour, and for one answer', async () => {
    const browser = people.openBrowser();
    const { location } = await browser.get(authorizePath());
    const query = location.slice(location.indexOf('?'));
    await browser.walk(location);
    const again = await browser.get(`/authorize${query}`);
    expect({ status: again.status, location: again.location }).toEqual({ status: 400, location: '' });
    expect(again.html).toContain('<code>interaction_expired</code>');
    const late = (await browser.get(authorizePath({ prompt: 'login' }))).location;
    await people.pass(3600);
    expect((await browser.get(late)).status).toBe(400);
  });

  /** A browser that has signed in, and consented, and has nothing left to do but to be sent to the client. */
  const atItsEnd = async (): Promise<{ readonly browser: Browser; readonly path: string }> => {
    const browser = people.openBrowser();
    await obtainCode(browser);
    const { location } = await browser.get(authorizePath({ prompt: 'login' }));
    const { location: path } = await browser.signIn('ada', undefined, location.slice(location.indexOf('?')));
    return { browser, path };
  };

  test('T098: one address may have 120 under way; what it finishes counts no more, and no other is slowed down', async () => {
    const address = '192.0.2.120';
    for (let turn = 0; turn < 10; turn += 1)
      await people.openBrowser(address).walk(authorizePath({ client_id: 'ours' }), 'eve');
    const begun = await Promise.all(
      Array.from({ length: 130 }, async () => (await people.openBrowser(address).get(authorizePath())).status),
    );
    expect(begun.filter((status) => status === 303)).toHaveLength(120);
    expect(begun.filter((status) => status === 429)).toHaveLength(10);
    expect((await people.openBrowser().get(authorizePath())).status).toBe(303);
  });

  test('T067: of 20 requests at once that finish one interaction one gets a code, the others are told that it is over', async () => {
    const { browser, path } = await atItsEnd();
    const pages = await Promise.all(Array.from({ length: 20 }, () => browser.get(path)));
    const codes = pages.filter(({ location }) => new URL(location, 'https://none').searchParams.has('code'));
    expect(codes).toHaveLength(1);
    for (const page of pages.filter((answered) => !codes.includes(answered))) {
      expect({ status: page.status, location: page.location }).toEqual({ status: 400, location: '' });
      expect(page.html).toContain('<code>interaction_expired</code>');
    }
  });

  test('T067: of 20 requests at once after another signed in than was asked for the client is told once, and it is over', async () => {
    const hint = await idTokenOf(await obtainCode(people.openBrowser(), { client_id: 'ours' }), 'ours');
    const browser = people.openBrowser();
    const { search } = await answerOf(browser, { client_id: 'ours', id_token_hint: hint });
    const { location } = await browser.signIn('eve', undefined, search);
    const pages = await Promise.all(Array.from({ length: 20 }, () => browser.get(location)));
    expect(pages.filter((page) => page.location.includes('error=login_required'))).toHaveLength(1);
    expect(pages.filter(({ html }) => html.includes('<code>interaction_expired</code>'))).toHaveLength(19);
    expect((await browser.get(`/login${search}`)).status).toBe(400);
  });

  test('T067: of consent that is refused 20 times at once the client is told once', async () => {
    await people.addUser('grace');
    const browser = people.openBrowser();
    const { location } = await browser.get(authorizePath());
    await browser.signIn('grace', undefined, location.slice(location.indexOf('?')));
    const page = await browser.get(location.replace('/login', '/consent'));
    const hidden = ['csrf', 'interaction', 'bound_to'].map((name) => [name, page.field(name)]);
    const form = Object.fromEntries(hidden);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => browser.post('/consent', { ...form, decision: 'deny' })),
    );
    expect(answers.filter((answer) => answer.location.includes('error=access_denied'))).toHaveLength(1);
    expect(answers.filter(({ html }) => html.includes('<code>interaction_expired</code>'))).toHaveLength(19);
  });

  test('T128: an interaction whose code cannot be kept is not over: it is finished the next time', async () => {
    const { browser, path } = await atItsEnd();
    const failing = vi.spyOn(people.store, 'addAuthorizationCode').mockRejectedValueOnce(new StoreUnavailableError());
    expect((await browser.get(path)).status).toBe(503);
    failing.mockRestore();
    expect(new URL((await browser.get(path)).location).searchParams.has('code')).toBe(true);
  });

  test('T128: a code that was made is given out, though nothing more can be written then', async () => {
    const { browser, path } = await atItsEnd();
    const failing = vi.spyOn(people.rateLimiter, 'giveBack').mockRejectedValueOnce(new StoreUnavailableError());
    expect(new URL((await browser.get(path)).location).searchParams.has('code')).toBe(true);
    expect(failing).toHaveBeenCalledOnce();
    failing.mockRestore();
  });
});
