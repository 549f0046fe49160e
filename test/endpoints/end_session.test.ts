import { decodeProtectedHeader } from 'jose';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { logoutParameterNames } from '../../src/login/logout_request.ts';
import {
  authorizePath,
  type Browser,
  cheapHasher,
  type Fields,
  openPeople,
  type Page,
  type People,
  redeem,
} from '../people.ts';
import { forge, forgeries } from './forged_forms.ts';

const out = 'https://app.example.com/signed-out';

const openPeopleWithClients = async (issuer = 'https://id.example.com'): Promise<People> => {
  const people = await openPeople({ environment: { KEYTURN_ISSUER: issuer }, passwordHasher: cheapHasher });
  await people.addClient('ours', { firstParty: true, postLogoutRedirectUris: [out, `${out}?a=b`] });
  await people.addClient('other', { firstParty: true, postLogoutRedirectUris: ['https://other.example.com/'] });
  return people;
};

let people: People;
/** An ID token that is good there. */
let ofAnotherIssuer: string;
beforeAll(async () => {
  people = await openPeopleWithClients('https://other-id.example.com');
  ({ hint: ofAnotherIssuer } = await signedIn());
  people = await openPeopleWithClients();
});

interface Signed {
  readonly browser: Browser;
  readonly hint: string;
}

const signedIn = async (clientId = 'ours', login = 'ada'): Promise<Signed> => {
  const browser = people.openBrowser();
  const answer = await browser.walk(authorizePath({ client_id: clientId }), login);
  const response = await redeem(people.app, answer.searchParams.get('code') ?? '', { client_id: clientId });
  const { id_token: hint } = (await response.json()) as { id_token: string };
  return { browser, hint };
};

const revokeKeyOf = async (token: string): Promise<void> => {
  const { kid = '' } = decodeProtectedHeader(token);
  const { databaseNow: revokedAt } = await people.store.readSigningKeys();
  const revocation = { kid, reason: 'a test', revokedAt, promotedKid: null, successor: null };
  expect(await people.store.revokeSigningKey(revocation)).toBe(true);
  await people.keyRing.refresh();
};

const isIn = async (browser: Browser): Promise<boolean> => (await browser.get('/account')).status === 200;
const logoutPath = (parameters: Readonly<Record<string, string>>): string =>
  `/logout?${new URLSearchParams(parameters)}`;
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
/** What is sent by whoever confirms. */
const formOf = (page: Page): Fields =>
  Object.fromEntries(['csrf', 'account', ...logoutParameterNames].map((name) => [name, page.field(name)]));
const gist = ({ status, location }: Page) => ({ status, location });
const page400 = { status: 400, location: '' };
const asked = { status: 200, location: '' };

describe('end_session_endpoint, RP-Initiated Logout 1.0 §2, §3', () => {
  test('the hint of this very session signs out at once, and goes back with the state', async () => {
    const { browser, hint } = await signedIn();
    const left = await browser.get(logoutPath({ id_token_hint: hint, post_logout_redirect_uri: out, state: 'a&b=c' }));
    expect(gist(left)).toEqual({ status: 303, location: `${out}?state=a%26b%3Dc` });
    expect(left.headers.getSetCookie()).toEqual([
      '__Host-keyturn_session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
    ]);
    expect(await isIn(browser)).toBe(false);
  });

  test('T093: the cookie of a session that was signed out is good for nothing', async () => {
    const { browser, hint } = await signedIn();
    const copy = people.openBrowser();
    for (const [name, value] of browser.jar) copy.jar.set(name, value);
    await browser.get(logoutPath({ id_token_hint: hint }));
    expect(await isIn(copy)).toBe(false);
  });

  test.each([
    ['unregistered', 'https://evil.example/'],
    ["another client's", 'https://other.example.com/'],
    ['longer', `${out}/more`],
    ['with another query', `${out}?a=b&c=d`],
    ['with a fragment', `${out}#`],
    ['of another case', 'https://APP.example.com/signed-out'],
    ['a script', 'javascript:alert(1)'],
    ['of no scheme', '//app.example.com/signed-out'],
  ])('T093: a post_logout_redirect_uri that is %s is gone to by nobody, and nobody is signed out', async (_, uri) => {
    const { browser, hint } = await signedIn();
    for (const parameters of [{ id_token_hint: hint }, { client_id: 'ours' }]) {
      const refused = await browser.get(logoutPath({ ...parameters, post_logout_redirect_uri: uri }));
      expect(gist(refused)).toEqual(page400);
      expect(refused.html).not.toContain('evil.example');
      expect(refused.html).toContain('<code>post_logout_redirect_uri_mismatch</code>');
    }
    expect(
      gist(await people.openBrowser().get(logoutPath({ client_id: 'ours', post_logout_redirect_uri: uri }))),
    ).toEqual(page400);
    expect(await isIn(browser)).toBe(true);
  });

  test('T093: a post_logout_redirect_uri of nobody named is gone to by nobody', async () => {
    const { browser } = await signedIn();
    const path = logoutPath({ post_logout_redirect_uri: out, state: 'x' });
    expect(gist(await people.openBrowser().get(path))).toEqual({ status: 200, location: '' });
    const page = await browser.get(path);
    expect(gist(page)).toEqual(asked);
    expect(await isIn(browser)).toBe(true);
    expect(gist(await browser.post('/logout', formOf(page)))).toEqual({ status: 200, location: '' });
    expect(await isIn(browser)).toBe(false);
  });

  test('T093: a hint of a key that was revoked proves nothing, and who confirms is signed out all the same', async () => {
    const others = people;
    onTestFinished(() => {
      people = others;
    });
    people = await openPeopleWithClients();
    const { browser, hint } = await signedIn();
    await revokeKeyOf(hint);
    expect(
      gist(await people.openBrowser().get(logoutPath({ id_token_hint: hint, post_logout_redirect_uri: out }))),
    ).toEqual({ status: 200, location: '' });
    const page = await browser.get(logoutPath({ id_token_hint: hint, post_logout_redirect_uri: out }));
    expect(gist(page)).toEqual(asked);
    expect(await isIn(browser)).toBe(true);
    expect(gist(await browser.post('/logout', formOf(page)))).toEqual({ status: 200, location: '' });
    expect(await isIn(browser)).toBe(false);
  });

  test('T093: where nobody is signed in, a hint leads back to the client, and a client_id that anybody could name does not', async () => {
    const { hint } = await signedIn();
    const nobody = people.openBrowser();
    const target = { client_id: 'ours', post_logout_redirect_uri: out };
    expect(gist(await nobody.get(logoutPath({ ...target, id_token_hint: hint })))).toEqual({
      status: 303,
      location: out,
    });
    const named = await nobody.get(logoutPath(target));
    expect(gist(named)).toEqual({ status: 200, location: '' });
    expect(named.html).not.toContain(out);
  });

  /** Hints that prove nothing, made of one that is good. */
  const unproved: readonly (readonly [string, (hint: string) => Readonly<Record<string, string>>])[] = [
    ['forged', (hint) => ({ id_token_hint: `${hint.split('.').slice(0, 2).join('.')}.${'A'.repeat(342)}` })],
    ['of another issuer', () => ({ id_token_hint: ofAnotherIssuer })],
    ['unsigned', (hint) => ({ id_token_hint: `${encode({ alg: 'none' })}.${hint.split('.')[1]}.` })],
    ['no token at all', () => ({ id_token_hint: 'x' })],
    ['for another client than named', (hint) => ({ id_token_hint: hint, client_id: 'other' })],
  ];

  test.each(unproved)('T093: with a hint that is %s the end-user is asked, and goes nowhere', async (_, spoil) => {
    const { browser, hint } = await signedIn();
    const path = logoutPath({ client_id: 'ours', post_logout_redirect_uri: out, state: 'x', ...spoil(hint) });
    const nobody = await people.openBrowser().get(path);
    expect(gist(nobody)).toEqual(asked);
    expect(nobody.html).not.toContain(out);
    const page = await browser.get(path);
    expect(gist(page)).toEqual(asked);
    expect(await isIn(browser)).toBe(true);
    expect(gist(await browser.post('/logout', formOf(page)))).toEqual({ status: 200, location: '' });
    expect(await isIn(browser)).toBe(false);
  });

  test('T093: a GET without proof, as by an image, only asks', async () => {
    const { browser } = await signedIn();
    const { hint: ofAnotherBrowser } = await signedIn();
    const { hint: ofAnotherUser } = await people.addUser('eve').then(() => signedIn('ours', 'eve'));
    for (const parameters of [
      {},
      { client_id: 'ours', post_logout_redirect_uri: out },
      { logout_hint: 'ada' },
    ] as const)
      expect(gist(await browser.get(logoutPath(parameters)))).toEqual(asked);
    for (const hint of [ofAnotherBrowser, ofAnotherUser])
      expect(gist(await browser.get(logoutPath({ id_token_hint: hint, post_logout_redirect_uri: out })))).toEqual(
        asked,
      );
    expect(gist(await browser.post('/logout', {}, { Origin: 'https://evil.example' }))).toEqual(asked);
    expect(await isIn(browser)).toBe(true);
  });

  test('T093: who confirms is signed out, and goes where the client registered', async () => {
    const { browser } = await signedIn();
    const page = await browser.get(
      logoutPath({ client_id: 'ours', post_logout_redirect_uri: `${out}?a=b`, state: 'x' }),
    );
    const form = formOf(page);
    const tampered = await browser.post('/logout', { ...form, post_logout_redirect_uri: 'https://evil.example/' });
    expect(gist(tampered)).toEqual(page400);
    expect(await isIn(browser)).toBe(true);
    expect(gist(await browser.post('/logout', form))).toEqual({ status: 303, location: `${out}?a=b&state=x` });
    expect(await isIn(browser)).toBe(false);
  });

  test('a page left open until somebody else signed in over it signs nobody out, and asks who is signed in now', async () => {
    const { sub, username } = await people.addUser('radia');
    const { browser } = await signedIn();
    const left = [await browser.get('/account'), await browser.get(logoutPath({ client_id: 'ours', state: 'x' }))];
    await browser.signIn(username);
    for (const page of left) {
      const again = await browser.post('/logout', formOf(page));
      expect(gist(again)).toEqual(asked);
      expect(await isIn(browser)).toBe(true);
      expect(formOf(again)).toEqual({ ...formOf(page), account: sub });
    }
    await browser.post('/logout', formOf(await browser.get('/account')));
    expect(await isIn(browser)).toBe(false);
  });

  test('every page is in the language that ui_locales asks for', async () => {
    const { browser } = await signedIn();
    const page = await browser.get(logoutPath({ ui_locales: 'fr de' }));
    expect(page.html).toContain('<html lang="de">');
    expect((await browser.post('/logout', formOf(page))).html).toContain('<html lang="de">');
    expect((await browser.get(logoutPath({ ui_locales: 'de' }))).html).toContain('<html lang="de">');
  });

  test.each(forgeries.filter(({ csrf }) => csrf !== null && csrf !== ''))(
    'T091: a confirmation with $how is 403, and nobody is signed out',
    async (forgery) => {
      const { browser } = await signedIn();
      const form = formOf(await browser.get('/logout'));
      const sent = await browser.post('/logout', forge(form, forgery), forgery.headers);
      expect(gist(sent)).toEqual({ status: 403, location: '' });
      expect(await isIn(browser)).toBe(true);
    },
  );

  test('T091: a form another site posts is asked again by GET, and then asks', async () => {
    const { browser } = await signedIn();
    const sent = await browser.post(
      '/logout',
      { client_id: 'ours' },
      { 'Sec-Fetch-Site': 'cross-site', Cookie: 'a=b' },
    );
    expect(gist(sent)).toEqual({ status: 303, location: '/logout?client_id=ours' });
    expect(gist(await browser.get(sent.location))).toEqual(asked);
    expect(await isIn(browser)).toBe(true);
  });

  test.each(['https://app.example.com', 'null'])(
    'T091: so is one with Origin: %s of a browser that sends no Sec-Fetch-Site; it was told of a sign-out that was none',
    async (origin) => {
      const { browser, hint } = await signedIn();
      const form = new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: out });
      const sent = await people.app.request('/logout', { method: 'POST', body: form, headers: { Origin: origin } });
      expect(sent.headers.get('Location')).toBe(`/logout?${form}`);
      expect(gist(await browser.get(`/logout?${form}`))).toEqual({ status: 303, location: out });
      expect(await isIn(browser)).toBe(false);
    },
  );

  test('T091: one that no GET takes, for its length, is refused on a page', async () => {
    const { browser } = await signedIn();
    const form = { client_id: 'ours', state: 'x'.repeat(12_288) };
    const sent = await browser.post('/logout', form, { 'Sec-Fetch-Site': 'cross-site', Cookie: 'a=b' });
    expect(gist(sent)).toEqual({ status: 413, location: '' });
    expect(await isIn(browser)).toBe(true);
  });

  test('T093: signing in again keeps the session, so that signing out ends what was begun before', async () => {
    const { browser, hint } = await signedIn();
    const before = people.openBrowser();
    for (const [name, value] of browser.jar) before.jar.set(name, value);
    await people.pass(60);
    await browser.walk(authorizePath({ client_id: 'other', prompt: 'login' }));
    expect(await isIn(before)).toBe(false);
    expect((await browser.get(logoutPath({ id_token_hint: hint, post_logout_redirect_uri: out }))).status).toBe(303);
    expect(await isIn(browser)).toBe(false);
  });
});
