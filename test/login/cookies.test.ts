// Under which names cookies are kept: __Host- ones, and plain ones where a browser keeps no Secure cookie of http on loopback.
import { beforeAll, describe, expect, test } from 'vitest';
import { authorizePath, type Browser, obtainCode, openPeople, type Page, type People } from '../people.ts';

const opaque = 'A'.repeat(43);
const plainNames = ['keyturn_browser', 'keyturn_session', 'keyturn_demo', 'keyturn_demo_request'];
const lax = 'Path=/; HttpOnly; SameSite=Lax';
const secure = 'Path=/; HttpOnly; Secure; SameSite=Lax';

const safari =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15';
const chrome =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

/** Keeps no Secure cookie of an http address, as Safari and WebKitGTK do not. */
const openSafari = (people: People): Browser => {
  const browser = people.openBrowser(undefined, safari);
  const { jar } = browser;
  const keep = jar.set.bind(jar);
  jar.set = (name, value) => (name.startsWith('__Host-') ? jar : keep(name, value));
  return browser;
};

const cookiesOf = ({ headers }: Page): readonly string[] =>
  headers.getSetCookie().map((cookie) => cookie.replace(/=[\w-]{43};/, '=…;'));

const isIn = async (browser: Browser): Promise<boolean> => (await browser.get('/account')).status === 200;

describe('cookies of an http issuer on loopback', () => {
  let people: People;
  beforeAll(async () => {
    people = await openPeople({ environment: { KEYTURN_ISSUER: 'http://localhost:3000' } });
  });

  test.each([
    ['of another kind', undefined],
    ['Chrome, which names WebKit', chrome],
  ])('T090: a browser %s is given __Host- cookies alone, and no plain one of its is read', async (_, userAgent) => {
    const browser = people.openBrowser(undefined, userAgent);
    expect(cookiesOf(await browser.get('/login'))).toEqual([`__Host-keyturn_browser=…; Max-Age=2592000; ${secure}`]);
    expect(cookiesOf(await browser.signIn())).toEqual([`__Host-keyturn_session=…; Max-Age=1209600; ${secure}`]);
    const plain = people.openBrowser(undefined, userAgent);
    for (const [name, value] of browser.jar) plain.jar.set(name.replace('__Host-', ''), value);
    expect([await isIn(browser), await isIn(plain)]).toEqual([true, false]);
  });

  test('T090: a WebKit that sent none yet is given the browser cookie both ways', async () => {
    expect(cookiesOf(await people.openBrowser(undefined, safari).get('/login'))).toEqual([
      `__Host-keyturn_browser=…; Max-Age=2592000; ${secure}`,
      `keyturn_browser=…; Max-Age=2592000; ${lax}`,
    ]);
  });

  test('a browser that keeps no Secure cookie signs in, is known, goes on and signs out', async () => {
    const browser = openSafari(people);
    expect(cookiesOf(await browser.signIn())).toEqual([`keyturn_session=…; Max-Age=1209600; ${lax}`]);
    expect([...browser.jar.keys()]).toEqual(['keyturn_browser', 'keyturn_session']);
    expect(await isIn(browser)).toBe(true);
    await obtainCode(browser);
    const left = await browser.post('/logout', await signOutForm(browser));
    expect(cookiesOf(left)).toEqual([
      `__Host-keyturn_session=; Max-Age=0; ${secure}`,
      `keyturn_session=; Max-Age=0; ${lax}`,
    ]);
    expect([...browser.jar.keys()]).toEqual(['keyturn_browser']);
    expect(await isIn(browser)).toBe(false);
  });

  test('T088: its session has another cookie after signing in again, and the old one is good for nothing', async () => {
    const browser = openSafari(people);
    await browser.signIn();
    const before = browser.jar.get('keyturn_session') ?? '';
    await browser.signIn();
    expect(browser.jar.get('keyturn_session')).not.toBe(before);
    const copy = openSafari(people);
    copy.jar.set('keyturn_session', before);
    expect(await isIn(copy)).toBe(false);
  });

  test('an application that named a cookie of its own like ours changes nothing', async () => {
    const browser = people.openBrowser(undefined, safari);
    browser.jar.set('keyturn_session', 'of the application');
    await browser.signIn();
    expect(browser.jar.has('__Host-keyturn_session')).toBe(true);
    expect(browser.jar.get('keyturn_session')).toBe('of the application');
    expect(await isIn(browser)).toBe(true);
  });

  test('a WebKit that keeps __Host- cookies after all is left with those alone', async () => {
    const browser = people.openBrowser(undefined, safari);
    await browser.signIn();
    expect(await isIn(browser)).toBe(true);
    expect([...browser.jar.keys()]).toEqual(['__Host-keyturn_browser', '__Host-keyturn_session']);
    const left = await browser.post('/logout', await signOutForm(browser));
    expect(cookiesOf(left)).toEqual([`__Host-keyturn_session=; Max-Age=0; ${secure}`]);
  });

  test('T088: a plain cookie that was planted beside a __Host- one is not read', async () => {
    const thief = openSafari(people);
    await people.addUser('eve');
    await thief.signIn('eve');
    const victim = people.openBrowser(undefined, safari);
    await victim.get('/login');
    for (const [name, value] of thief.jar) victim.jar.set(name, value);
    expect(await isIn(victim)).toBe(false);
    const page = await victim.get('/login');
    expect(page.field('csrf')).not.toBe((await thief.get('/login')).field('csrf'));
    await victim.signIn('ada');
    expect((await victim.get('/account')).html).toContain('ada@example.com');
    expect((await thief.get('/account')).html).toContain('eve@example.com');
  });

  test('at another address than loopback only __Host- cookies are set, and the plain ones are not read', async () => {
    const browser = openSafari(people);
    const page = await browser.get('http://192.168.1.5:3000/login');
    expect(cookiesOf(page)).toEqual([`__Host-keyturn_browser=…; Max-Age=2592000; ${secure}`]);
    await browser.signIn();
    expect((await browser.get('http://192.168.1.5:3000/account')).status).toBe(303);
    expect(await isIn(browser)).toBe(true);
  });
});

const signOutForm = async (browser: Browser): Promise<Record<string, string>> => {
  const page = await browser.get('/logout');
  return { csrf: page.field('csrf'), account: page.field('account') };
};

describe.each(['https://id.example.com', 'https://localhost:3443', 'https://127.0.0.1'])('cookies of %s', (issuer) => {
  let people: People;
  beforeAll(async () => {
    people = await openPeople({ environment: { KEYTURN_ISSUER: issuer } });
  });

  test('T090: no page sets a plain cookie', async () => {
    const browser = people.openBrowser(undefined, safari);
    const set = [cookiesOf(await browser.get('/login')), cookiesOf(await browser.get(authorizePath()))];
    set.push(cookiesOf(await browser.signIn()), cookiesOf(await browser.post('/logout', await signOutForm(browser))));
    expect(set.flat().length).toBeGreaterThan(2);
    expect(set.flat().filter((cookie) => !cookie.startsWith('__Host-') || !cookie.includes('; Secure'))).toEqual([]);
  });

  test('T090: none is read or cleared, even of a session that stands', async () => {
    const browser = people.openBrowser(undefined, safari);
    await browser.signIn();
    const plain = people.openBrowser(undefined, safari);
    for (const [name, value] of browser.jar) plain.jar.set(name.replace('__Host-', ''), value);
    expect(await isIn(plain)).toBe(false);
    const form = { csrf: (await browser.get('/login')).field('csrf'), login: 'ada', password: 'any' };
    const refused = await plain.post('/login', form);
    expect([refused.status, refused.html.includes('csrf_refused')]).toEqual([403, true]);
    for (const name of plainNames) browser.jar.set(name, opaque);
    const left = await browser.post('/logout', await signOutForm(browser));
    expect(cookiesOf(left)).toEqual([`__Host-keyturn_session=; Max-Age=0; ${secure}`]);
  });
});
