import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { prepareDevelopment } from '../../src/cli/development.ts';
import { readConfig } from '../../src/config.ts';
import { openProvider } from '../../src/node.ts';
import type { Provider } from '../../src/provider.ts';
import { openPeople } from '../people.ts';
import { environmentFor, makeFolder } from '../running_server.ts';

const issuer = 'http://localhost:5280';
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

let folder: string;
let provider: Provider;
let app: App;
let walk: string;
let password: string;

beforeAll(async () => {
  folder = makeFolder();
  provider = await openProvider(readConfig(environmentFor(folder, { KEYTURN_ISSUER: issuer })), silent);
  app = createApp(provider);
  walk = await prepareDevelopment(provider);
  password = /sign in as demo with (\S+)/.exec(walk)?.[1] ?? '';
});
afterAll(async () => {
  await provider.store.close();
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  /** Below the issuer; empty where there is none. */
  readonly location: string;
}

const decoded = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
const words = (html: string): string => decoded(html.replace(/<style>.*?<\/style>/s, '').replace(/<[^>]+>/g, ' '));
const fieldOf = (html: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? '';
const jwtsIn = (html: string): readonly string[] => html.match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g) ?? [];
const tokensCookie = '__Host-keyturn_demo';

/** A browser without script: keeps cookies, sends forms. @param keepsSecure - false as in Safari, whose issuer is http. */
const createBrowser = (keepsSecure = true) => {
  const jar = new Map<string, string>();
  const request = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const headers = new Headers(init.headers);
    if (!keepsSecure) headers.set('User-Agent', 'Mozilla/5.0 AppleWebKit/605.1.15 (KHTML, like Gecko)');
    headers.set('Cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await app.request(issuer + path, { ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (!keepsSecure && /; secure/i.test(cookie)) continue;
      if (/max-age=0/i.test(cookie)) jar.delete(name);
      else jar.set(name, value);
    }
    const location = (response.headers.get('Location') ?? '').replace(issuer, '');
    return { status: response.status, headers: response.headers, html: await response.text(), location };
  };
  const get = (path: string) => request(path);
  const post = (path: string, form: Readonly<Record<string, string>>) =>
    request(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin' },
      body: new URLSearchParams(form).toString(),
    });
  /** Presses a button of the demo page. */
  const press = async (path: string): Promise<Answer> =>
    post(path, { csrf: fieldOf((await get('/demo')).html, 'csrf') });
  /** Follows redirects to the next page. */
  const follow = async (answer: Answer): Promise<Answer> =>
    answer.location === '' ? answer : follow(await get(answer.location));
  const send = (page: Answer, action: string, form: Readonly<Record<string, string>>): Promise<Answer> => {
    const hidden = ['csrf', 'interaction', 'bound_to'].map((name) => [name, fieldOf(page.html, name)]);
    return post(action, { ...Object.fromEntries(hidden.filter(([, value]) => value !== '')), ...form });
  };
  /** Signs in to the demo as far as the redirect to it. */
  const reachCallback = async (decision: 'allow' | 'deny' = 'allow'): Promise<string> => {
    let page = await follow(await press('/demo/sign-in'));
    page = await send(page, '/login', { login: 'demo', password });
    page = await get(page.location);
    if (page.location.startsWith('/consent')) page = await send(await get(page.location), '/consent', { decision });
    while (!page.location.startsWith('/demo/callback')) page = await get(page.location);
    return page.location;
  };
  const signIn = async (): Promise<Answer> => follow(await get(await reachCallback()));
  const head = (path: string) => request(path, { method: 'HEAD' });
  return { jar, get, head, post, press, follow, reachCallback, signIn };
};

let browser: ReturnType<typeof createBrowser>;
beforeEach(() => {
  browser = createBrowser();
});

describe('what npm start makes', () => {
  test('the walk says where to sign in, as whom and with what', () => {
    expect(walk).toContain(`open ${issuer}/demo, sign in as demo with ${password}`);
    expect(password).toMatch(/^[0-9a-f]{20}$/);
  });

  test('a second start changes nothing and says how to set another password', async () => {
    const before = [await provider.store.listUsers('', 10), await provider.store.listClients()];
    const second = await prepareDevelopment(provider);
    expect(second).toContain('npx keyturn users set-password demo');
    expect(second).not.toContain(password);
    expect([await provider.store.listUsers('', 10), await provider.store.listClients()]).toEqual(before);
  });

  test('the demo client is an ordinary public one: PKCE, consent, one redirect URI', async () => {
    expect(await provider.store.findClient('demo')).toMatchObject({
      tokenEndpointAuthMethod: 'none',
      redirectUris: [`${issuer}/demo/callback`],
      firstParty: false,
      dangerouslyAllowNoPkce: false,
    });
  });
});

describe('the demo, signed in', () => {
  test('sign in without script, and see both tokens decoded', async () => {
    const page = await browser.signIn();
    expect(page.status).toBe(200);
    const text = words(page.html);
    const demo = await provider.store.findUserByLogin('demo');
    for (const shown of [
      'ID token',
      'Access token',
      'RS256',
      'ES256',
      'at+jwt',
      `${demo?.sub}`,
      'Demo User',
      '["reader"]',
    ])
      expect(text).toContain(shown);
    expect(text).toMatch(/exp +\d{10} \(\d+ \w+ \d{4}, /);
    const [idToken = '', accessToken = ''] = jwtsIn(page.html);
    expect(decodeJwt(idToken)).toMatchObject({ iss: issuer, aud: 'demo', sub: demo?.sub, name: 'Demo User' });
    expect(decodeJwt(accessToken)).toMatchObject({ iss: issuer, client_id: 'demo', sub: demo?.sub });
  });

  test('a browser that keeps no Secure cookie of http signs in, refreshes and signs out', async () => {
    const safari = createBrowser(false);
    const before = jwtsIn((await safari.signIn()).html);
    expect(before).toHaveLength(2);
    expect([...safari.jar.keys()].toSorted()).toEqual(['keyturn_browser', 'keyturn_demo', 'keyturn_session']);
    const after = jwtsIn((await safari.follow(await safari.press('/demo/refresh'))).html);
    expect(after).toHaveLength(2);
    expect(after[1]).not.toBe(before[1]);
    const left = await safari.follow(await safari.press('/demo/sign-out'));
    expect(words(left.html)).toContain('Nobody is signed in here');
    expect([...safari.jar.keys()]).toEqual(['keyturn_browser']);
  });

  test('the page asks nothing of anybody else, runs no script and is stored nowhere', async () => {
    const { html, headers } = await browser.signIn();
    expect(headers.get('Content-Security-Policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
    );
    expect(headers.get('Cache-Control')).toBe('no-store');
    expect(html).not.toMatch(/<script|\son\w+=|src=|https?:\/\/(?!localhost:5280)[^\s<&]*"/);
  });

  test('T087: the refresh token is in no page, and the cookie that holds it is sealed, __Host- and HttpOnly', async () => {
    const callback = await browser.reachCallback();
    const { headers, location } = await browser.get(callback);
    expect(location).toBe('/demo');
    const set = headers.getSetCookie().find((cookie) => cookie.startsWith(`${tokensCookie}=`)) ?? '';
    for (const attribute of ['HttpOnly', 'Secure', 'Path=/', 'SameSite=Lax']) expect(set).toContain(attribute);
    expect(set).not.toMatch(/Domain=|=eyJ/);
    expect(set.length).toBeLessThan(4096);
    expect((await browser.get('/demo')).html).not.toContain('refresh_token');
  });

  test('refresh gives other tokens of the same sign-in', async () => {
    const before = jwtsIn((await browser.signIn()).html);
    const page = await browser.follow(await browser.press('/demo/refresh'));
    const after = jwtsIn(page.html);
    expect(after).toHaveLength(2);
    expect(after[1]).not.toBe(before[1]);
    expect(decodeJwt(after[0] ?? '').sid).toBe(decodeJwt(before[0] ?? '').sid);
  });

  test('sign out ends the session and gives the refresh token back', async () => {
    const [idToken = ''] = jwtsIn((await browser.signIn()).html);
    const { sid } = decodeJwt(idToken);
    const answer = await browser.press('/demo/sign-out');
    expect(answer.location).toMatch(/^\/logout\?id_token_hint=/);
    const page = await browser.follow(answer);
    expect(page.status).toBe(200);
    expect(words(page.html)).toContain('Nobody is signed in here');
    expect(browser.jar.has(tokensCookie)).toBe(false);
    expect(await provider.store.findSessionBySid(String(sid))).toBeUndefined();
    const ended = await provider.store.listAudit({ type: 'family.ended', limit: 1 });
    expect(ended[0]?.details.reason).toBe('revoked_by_client');
    expect((await browser.get('/account')).location).toBe('/login');
  });

  test('tokens that were ended elsewhere: the demo says so and lets go of them', async () => {
    const [idToken = ''] = jwtsIn((await browser.signIn()).html);
    const { sub = '' } = decodeJwt(idToken);
    await provider.store.withdrawConsent(sub, 'demo', provider.clock.now());
    const page = await browser.press('/demo/refresh');
    expect(page.status).toBe(400);
    expect(words(page.html)).toContain('invalid_grant');
    expect(browser.jar.has(tokensCookie)).toBe(false);
  });
});

describe('the demo, in the wrong hands', () => {
  afterEach(async () => {
    const demo = await provider.store.findUserByLogin('demo');
    await provider.store.withdrawConsent(demo?.sub ?? '', 'demo', provider.clock.now());
  });

  test('T067: an answer begun in another browser, or none at all, is refused', async () => {
    const callback = await browser.reachCallback();
    const victim = createBrowser();
    await victim.get('/demo');
    for (const path of [callback, '/demo/callback', '/demo/callback?code=x&state=']) {
      const page = await victim.get(path);
      expect(page.status).toBe(400);
      expect(words(page.html)).toContain('did not ask for this answer');
      expect(victim.jar.has(tokensCookie)).toBe(false);
    }
  });

  test('the demo speaks the language of who looks at it', async () => {
    const html = await (await app.request(`${issuer}/demo`, { headers: { 'Accept-Language': 'de' } })).text();
    expect(html).toContain('<html lang="de"');
    expect(words(html)).toContain('Hier ist niemand angemeldet');
    expect(words(html)).not.toContain('Sign in');
  });

  test('an answer works once, and a look at its head does not use it up', async () => {
    const callback = await browser.reachCallback();
    expect((await browser.head(callback)).status).toBe(405);
    expect((await browser.get(callback)).location).toBe('/demo');
    expect((await browser.get(callback)).status).toBe(400);
  });

  test('an answer of another issuer is refused (RFC 9207)', async () => {
    const callback = await browser.reachCallback();
    const mixedUp = callback.replace(encodeURIComponent(issuer), encodeURIComponent('https://evil.example'));
    expect(mixedUp).not.toBe(callback);
    expect(words((await browser.get(mixedUp)).html)).toContain('another issuer');
  });

  test('a refusal of the end-user is told, and markup in an answer stays text', async () => {
    const denied = await browser.get(await browser.reachCallback('deny'));
    expect(denied.status).toBe(400);
    expect(words(denied.html)).toContain('access_denied');
    const { location } = await browser.press('/demo/sign-in');
    const state = new URL(issuer + location).searchParams.get('state') ?? '';
    const error = '<script>alert(1)</script>';
    const query = new URLSearchParams({ error, error_description: error, state, iss: issuer });
    expect((await browser.get(`/demo/callback?${query}`)).html).not.toContain('<script');
  });

  test('T091: each button needs the form of our own page', async () => {
    await browser.signIn();
    for (const path of ['/demo/sign-in', '/demo/refresh', '/demo/sign-out']) {
      expect((await browser.post(path, {})).status).toBe(403);
      expect((await browser.post(path, { csrf: 'x'.repeat(43) })).status).toBe(403);
      expect((await browser.get(path)).status).toBe(405);
    }
    expect(browser.jar.has(tokensCookie)).toBe(true);
  });

  test('a cookie that was altered, or sealed by another process, is nobody signed in', async () => {
    await browser.signIn();
    const sealed = browser.jar.get(tokensCookie) ?? '';
    for (const value of [`${sealed.slice(0, -4)}AAAA`, 'x', 'x'.repeat(3000)]) {
      browser.jar.set(tokensCookie, value);
      expect(words((await browser.get('/demo')).html)).toContain('Nobody is signed in here');
    }
  });
});

test('an issuer that is not on loopback has no demo', async () => {
  const people = await openPeople();
  for (const path of ['/demo', '/demo/callback', '/demo/sign-in'])
    expect((await people.app.request(path)).status).toBe(404);
  await people.store.close();
});
