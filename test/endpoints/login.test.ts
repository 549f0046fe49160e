import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../../src/adapters/hono_node_server.ts';
import { makeOpaque } from '../../src/tokens/opaque.ts';
import { freePort } from '../free_port.ts';
import {
  authorizePath,
  type Browser,
  codeChallenge,
  openPeople,
  type Page,
  type People,
  password,
  redirectUri,
} from '../people.ts';
import { forge, forgeries } from './forged_forms.ts';

let people: People;
beforeAll(async () => {
  people = await openPeople();
  await people.addUser('eve');
});

const sessionName = '__Host-keyturn_session';
const browserName = '__Host-keyturn_browser';
const opaque = /^[\w-]{43}$/;

const signedIn = async (login = 'ada'): Promise<Browser> => {
  const browser = people.openBrowser();
  expect((await browser.signIn(login)).status).toBe(303);
  return browser;
};

const isIn = async (cookie: string | undefined, login = 'ada'): Promise<boolean> => {
  const { status, html } = await people.openBrowser().get('/account', { Cookie: `${sessionName}=${cookie}` });
  return status === 200 && html.includes(login);
};

const sessionOf = ({ jar }: Browser): string => jar.get(sessionName) ?? '';

describe('sign-in, RFC 9700 §4.12', () => {
  test('a form that comes again after its request was answered meets the way to the application', async () => {
    await people.addClient('first-party', { firstParty: true });
    const browser = people.openBrowser();
    const page = await browser.get((await browser.get(authorizePath({ client_id: 'first-party' }))).location);
    const names = ['csrf', 'interaction', 'client_id', 'redirect_uri'];
    const fields = Object.fromEntries(names.map((name) => [name, page.field(name)]));
    const form = { ...fields, login: 'ada', password };
    expect((await browser.get((await browser.post('/login', form)).location)).location).toContain('code=');
    const { status, html } = await browser.post('/login', form);
    expect(status).toBe(400);
    expect(html).toContain(`<a class="button fill" href="${new URL(redirectUri).origin}">`);
  });

  test('T058: every answer to a form that goes on is 303, so that the password is not sent along', async () => {
    const browser = people.openBrowser();
    const { location } = await browser.get(authorizePath());
    const query = location.slice(location.indexOf('?'));
    const after = await browser.signIn('ada', password, query);
    expect({ status: after.status, location: after.location }).toEqual({ status: 303, location: `/authorize${query}` });
    const page = await browser.get((await browser.get(after.location)).location);
    const decided = await browser.post('/consent', {
      ...{ csrf: page.field('csrf'), interaction: page.field('interaction'), bound_to: page.field('bound_to') },
      decision: 'allow',
    });
    expect(decided.status).toBe(303);
    expect((await browser.get(decided.location)).status).toBe(303);
  });

  test.each([
    '//evil.example',
    '/\\evil.example',
    '%2f%2fevil.example',
    'https:evil.example',
    'https://evil.example',
    '/../..//evil.example',
  ])('T094: %s leads nowhere, whatever it is called', async (target) => {
    const browser = people.openBrowser();
    const names = ['return_to', 'next', 'redirect', 'redirect_uri', 'continue'];
    const wishes = Object.fromEntries(names.map((name) => [name, target]));
    const query = `?${new URLSearchParams(wishes)}`;
    const page = await browser.get(`/login${query}`);
    expect(page.html).not.toContain('evil.example');
    const sent = await browser.post('/login', { ...wishes, csrf: page.field('csrf'), login: 'ada', password });
    expect({ status: sent.status, location: sent.location }).toEqual({ status: 303, location: '/account' });
    for (const path of ['/login', '/consent', '/authorize']) {
      const lost = await browser.get(`${path}?interaction=${encodeURIComponent(target)}`);
      expect({ status: lost.status, location: lost.location }).toEqual({ status: 400, location: '' });
    }
  });
});

describe('enumeration, ASVS 6.3.8', () => {
  test('RFC 9110 §15.5.2: a wrong password is no 401, which owes a challenge', async () => {
    expect((await people.openBrowser().signIn('ada', 'a wrong password')).status).toBe(403);
  });

  test('T097: an unknown name, a wrong password, a locked account and one without a password answer alike, after the same work', async () => {
    const locked = await people.addUser('locked');
    await people.store.lockUser(locked.sub, people.clock.now());
    await people.addUser('passwordless', { passwordHash: null });
    const browser = people.openBrowser();
    await browser.get('/login');
    const told = async (login: string, secret: string): Promise<unknown> => {
      const before = people.passwordHasher.counts.verify;
      const { status, headers, html } = await browser.signIn(login, secret);
      const kept = [...headers].filter(([name]) => name !== 'x-request-id');
      const hashes = people.passwordHasher.counts.verify - before;
      return { status, kept, html: html.replaceAll(`value="${login}"`, 'value="LOGIN"'), hashes };
    };
    const first = await told('ada', 'a wrong password');
    expect(first).toMatchObject({ status: 403, hashes: 1 });
    expect(await told('nobody', 'a wrong password')).toEqual(first);
    expect(await told('nobody@example.com', 'a wrong password')).toEqual(first);
    expect(await told('locked', password)).toEqual(first);
    expect(await told('passwordless', 'a wrong password')).toEqual(first);
    expect(await told('no such form of a name', 'a wrong password')).toEqual(first);
    expect(await told('ada', '')).toEqual(first);
  });

  test('T097: when the allowance is used up, a name that is not there is refused as one that is', async () => {
    const refusals: Page[] = [];
    for (const login of ['eve', 'evelyn']) {
      for (let turn = 0; turn < 10; turn += 1) await people.openBrowser().signIn(login, 'a wrong password');
      refusals.push(await people.openBrowser().signIn(login, 'a wrong password'));
    }
    const [there, absent] = refusals;
    expect(there?.status).toBe(429);
    expect(absent?.status).toBe(429);
    expect(there?.headers.get('Retry-After')).toBe(absent?.headers.get('Retry-After'));
    await people.pass(300);
  });

  test('T100: X-Forwarded-For of anybody neither evades the limit nor frames another', async () => {
    const attacker = people.openBrowser('192.0.2.66');
    const statuses: number[] = [];
    const csrf = (await attacker.get('/login')).field('csrf');
    for (let turn = 0; turn < 102; turn += 1) {
      const headers = { 'X-Forwarded-For': turn < 2 ? '192.0.2.77' : `198.51.100.${turn}` };
      statuses.push((await attacker.post('/login', { csrf, login: `u${turn}`, password: 'wrong' }, headers)).status);
    }
    expect(statuses.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => 403));
    expect(statuses.slice(100)).toEqual([429, 429]);
    expect((await people.openBrowser('192.0.2.77').signIn()).status).toBe(303);
    await people.pass(300);
  });
});

describe('session and cookies, ASVS 7.2, 3.3', () => {
  test('T088: a value the browser had before is not the one it has after, and is good for nothing', async () => {
    const planted = makeOpaque();
    const browser = people.openBrowser();
    browser.jar.set(sessionName, planted);
    await browser.signIn();
    expect(sessionOf(browser)).toMatch(opaque);
    expect(sessionOf(browser)).not.toBe(planted);
    expect(await isIn(planted)).toBe(false);
    expect(await isIn(sessionOf(browser))).toBe(true);
  });

  test('T088: signing in again changes the value and ends the old one; the session is the same', async () => {
    const browser = await signedIn();
    const before = sessionOf(browser);
    const sids = async () =>
      (await people.store.listSessions((await people.store.findUserByLogin('ada'))?.sub ?? '')).map(({ sid }) => sid);
    const sidsBefore = await sids();
    await people.pass(60);
    await browser.signIn();
    expect(sessionOf(browser)).not.toBe(before);
    expect(await isIn(before)).toBe(false);
    expect(await isIn(sessionOf(browser))).toBe(true);
    expect((await sids()).sort()).toEqual(sidsBefore.sort());
  });

  test('T088: a session planted by another end-user ends when somebody else signs in over it', async () => {
    const attacker = await signedIn('eve');
    const victim = people.openBrowser();
    victim.jar.set(sessionName, sessionOf(attacker));
    await victim.signIn('ada');
    expect(await isIn(sessionOf(attacker), 'eve')).toBe(false);
    expect(await isIn(sessionOf(victim), 'ada')).toBe(true);
  });

  test('T089: ids are 32 random bytes, and only their hash is kept', async () => {
    const made = Array.from({ length: 1000 }, makeOpaque);
    expect(new Set(made).size).toBe(1000);
    for (const value of made) expect(Buffer.from(value, 'base64url')).toHaveLength(32);
    const browser = await signedIn();
    expect(await people.store.findSession(sessionOf(browser))).toBeUndefined();
  });

  test('T090: both cookies are __Host-, Secure, HttpOnly, SameSite=Lax, for the whole host', async () => {
    const browser = people.openBrowser();
    const set = [(await browser.get('/login')).headers.getSetCookie(), (await browser.signIn()).headers.getSetCookie()];
    const attributes = 'Path=/; HttpOnly; Secure; SameSite=Lax';
    expect(set[0]).toEqual([
      expect.stringMatching(new RegExp(`^${browserName}=[\\w-]{43}; Max-Age=2592000; ${attributes}$`)),
    ]);
    expect(set[1]).toEqual([
      expect.stringMatching(new RegExp(`^${sessionName}=[\\w-]{43}; Max-Age=1209600; ${attributes}$`)),
    ]);
  });

  test('T092: a cookie that only resembles ours is none, and beside it the real one counts', async () => {
    const [real, other] = [sessionOf(await signedIn('ada')), sessionOf(await signedIn('eve'))];
    const lookalikes = [
      'keyturn_session',
      '__host-keyturn_session',
      '__Host-Keyturn_session',
      `"${sessionName}"`,
      `=${sessionName}`,
    ];
    for (const name of lookalikes) {
      const page = await people.openBrowser().get('/account', { Cookie: `${name}=${other}; ${sessionName}=${real}` });
      expect(page.html).toContain('ada@example.com');
      expect((await people.openBrowser().get('/account', { Cookie: `${name}=${other}` })).status).toBe(303);
    }
  });

  test.each(['', 'x', 'A'.repeat(42), 'A'.repeat(44), '%00'.repeat(43), '../../etc', `${'A'.repeat(42)}=`])(
    'T092: the cookie value %j is nobody',
    async (value) => {
      const page = await people
        .openBrowser()
        .get('/account', { Cookie: `${sessionName}=${value}; ${browserName}=${value}` });
      expect({ status: page.status, location: page.location }).toEqual({ status: 303, location: '/login' });
    },
  );

  test('T092: more cookies than a header may hold are 431, and the server goes on', async () => {
    const port = await freePort();
    const { app, log } = people;
    const fetch = (request: Request, bindings: object) => app.fetch(request, bindings);
    const server = await listen({ fetch, host: '127.0.0.1', port, maxConnections: 10, log });
    const ask = async (cookies: number): Promise<string> => {
      const bomb = Array.from({ length: cookies }, (_, turn) => `c${turn}=${'x'.repeat(4000)}`).join('; ');
      const socket = connect(port, '127.0.0.1');
      let answer = '';
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        answer += chunk;
      });
      socket.on('error', () => socket.destroy());
      socket.write(`GET /login HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: a=b; ${bomb}\r\n\r\n`);
      await once(socket, 'close');
      return answer;
    };
    expect(await ask(5)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await ask(1)).toMatch(/^HTTP\/1\.1 200 /);
    await server.drain(1);
  });
});

describe('forms and frames, ASVS 3.5', () => {
  test.each(forgeries)('T091: a sign-in with $how is 403, and nobody is signed in', async (forgery) => {
    const browser = people.openBrowser();
    const csrf = (await browser.get('/login')).field('csrf');
    const hashes = people.passwordHasher.counts.verify;
    const page = await browser.post('/login', forge({ csrf, login: 'ada', password }, forgery), forgery.headers);
    expect({ status: page.status, location: page.location }).toEqual({ status: 403, location: '' });
    expect(page.headers.getSetCookie()).toEqual([]);
    expect(people.passwordHasher.counts.verify).toBe(hashes);
  });

  test("T091: the token of one browser is none in another: the attacker's own page signs nobody in", async () => {
    const csrf = (await people.openBrowser().get('/login')).field('csrf');
    const victim = people.openBrowser();
    await victim.get('/login');
    expect((await victim.post('/login', { csrf, login: 'eve', password })).status).toBe(403);
  });

  test('a failure is recorded with whom it was tried on, and never with what was typed', async () => {
    const { sub } = await people.addUser('targeted');
    await people.openBrowser('192.0.2.7').signIn('Targeted', 'not the password');
    await people.openBrowser('192.0.2.7').signIn('my-password-in-the-wrong-field', 'x');
    const failed = (await people.store.listAudit({ type: 'sign_in.failed', limit: 2 })).map(
      ({ id, at, ...event }) => event,
    );
    const event = { type: 'sign_in.failed', clientId: null, sid: null, address: '192.0.2.7', details: {} };
    expect(failed).toEqual([
      { ...event, sub: null },
      { ...event, sub },
    ]);
  });

  test('T062, T063: no page may be framed, says where it came from, or loads anything from elsewhere', async () => {
    const browser = people.openBrowser();
    const asked = await browser.get(authorizePath({ code_challenge: codeChallenge, redirect_uri: redirectUri }));
    const pages = [await browser.get(asked.location), await browser.get('/authorize'), await browser.get('/logout')];
    const query = asked.location.slice(asked.location.indexOf('?'));
    const sent = await browser.signIn('ada', password, query);
    pages.push(
      asked,
      sent,
      await browser.get(`/consent${query}`),
      await browser.get('/account'),
      await browser.get('/logout'),
    );
    pages.push(await browser.get(authorizePath({ prompt: 'none', response_mode: 'form_post' })));
    expect(pages.map(({ status }) => status)).toEqual([200, 400, 200, 303, 303, 200, 200, 200, 200]);
    for (const { headers, html } of pages) {
      expect(headers.get('X-Frame-Options')).toBe('DENY');
      expect(headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'");
      expect(headers.get('Referrer-Policy')).toBe('no-referrer');
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(headers.get('Cache-Control')).toBe('no-store');
      expect(html).not.toMatch(/(?:src|href)="?(?:https?:)?\/\//);
      expect(html).not.toMatch(/url\((?!["']?data:)|@import/);
    }
  });
});
