import { beforeAll, describe, expect, test } from 'vitest';
import type { User } from '../../src/seams/user_store.ts';
import { hashOpaque } from '../../src/tokens/opaque.ts';
import { makeSession } from '../contracts/records.ts';
import {
  authorizePath,
  type Browser,
  cheapHasher,
  obtainCode,
  openPeople,
  type Page,
  type People,
  password,
  postForm,
  redeem,
} from '../people.ts';
import { forge, forgeries } from './forged_forms.ts';

let people: People;
let users = 0;
beforeAll(async () => {
  people = await openPeople({ passwordHasher: cheapHasher });
});

const newcomer = async (): Promise<User> => {
  users += 1;
  return people.addUser(`user${users}`);
};

const signedIn = async ({ username }: User): Promise<Browser> => {
  const browser = people.openBrowser();
  expect((await browser.signIn(username)).status).toBe(303);
  return browser;
};

const isIn = async (browser: Browser): Promise<boolean> => (await browser.get('/account')).status === 200;
const gist = ({ status, location }: Page) => ({ status, location });
/** What every form of the account page begins with. */
const ownFormOf = (page: Page) => ({ csrf: page.field('csrf'), account: page.field('account') });
const toSignIn = { status: 303, location: '/login' };
const sidsOf = async ({ sub }: User): Promise<readonly string[]> =>
  (await people.store.listSessions(sub)).map(({ sid }) => sid);

describe('sessions, ASVS 7.4.2 and 7.5', () => {
  test.each(['lockUser', 'removeUser'] as const)(
    'T096: after %s the session is dead on the next request',
    async (end) => {
      const user = await newcomer();
      const browser = await signedIn(user);
      expect(await isIn(browser)).toBe(true);
      await people.store[end](user.sub, people.clock.now());
      expect(gist(await browser.get('/account'))).toEqual(toSignIn);
      const answer = await browser.get(authorizePath({ prompt: 'none' }));
      expect(new URL(answer.location).searchParams.get('error')).toBe('login_required');
      expect((await browser.signIn(user.username)).status).toBe(403);
    },
  );

  test('T096: one who was unlocked signs in anew', async () => {
    const user = await newcomer();
    const browser = await signedIn(user);
    await people.store.lockUser(user.sub, people.clock.now());
    await people.store.unlockUser(user.sub);
    expect(await isIn(browser)).toBe(false);
    expect((await browser.signIn(user.username)).status).toBe(303);
  });

  test('T096: a session ends by silence and by age, whatever its cookie says', async () => {
    const { sessionIdleSeconds, sessionSeconds } = people.config;
    const browser = await signedIn(await newcomer());
    await people.pass(sessionIdleSeconds - 1);
    expect(await isIn(browser)).toBe(true);
    await people.pass(sessionIdleSeconds);
    expect(await isIn(browser)).toBe(false);
    const lively = await signedIn(await newcomer());
    const step = sessionIdleSeconds - 1;
    for (let age = step; age < sessionSeconds; age += step) {
      await people.pass(step);
      expect(await isIn(lively)).toBe(true);
    }
    await people.pass(step);
    expect(await isIn(lively)).toBe(false);
  });

  test('T096: the account page lists the sessions, and ends one for good', async () => {
    const user = await newcomer();
    const [desk, phone] = [await signedIn(user), await signedIn(user)];
    const page = await desk.get('/account');
    const sids = await sidsOf(user);
    expect(sids).toHaveLength(2);
    for (const sid of sids) expect(page.html).toContain(`name="sid" value="${sid}"`);
    const phoneSession = phone.jar.get('__Host-keyturn_session') ?? '';
    const { sid = '' } = (await people.store.findSession(hashOpaque(phoneSession))) ?? {};
    await desk.post('/account/sessions', { ...ownFormOf(page), sid });
    expect([await isIn(desk), await isIn(phone)]).toEqual([true, false]);
    expect(await sidsOf(user)).toEqual(sids.filter((other) => other !== sid));
  });

  test('of more than fifty sessions the page shows this one, and of the others those that were seen last', async () => {
    const user = await newcomer();
    const browser = await signedIn(user);
    const [own = ''] = await sidsOf(user);
    const { sub } = user;
    for (let nth = 0; nth < 60; nth += 1) {
      const at = people.clock.now() + nth;
      const session = makeSession(`${sub}.${nth}`, { sub, authTime: at, lastSeenAt: at, expiresAt: at + 3600 });
      await people.store.addSession(session, null);
    }
    const { html } = await browser.get('/account');
    const shown = [...html.matchAll(/name="sid" value="([^"]*)"/g)].map(([, sid]) => sid);
    expect(shown).toEqual([own, ...Array.from({ length: 49 }, (_, nth) => `${sub}.${59 - nth}`)]);
    expect(html).toContain('And 11 more');
  });

  test("T096: nobody ends another end-user's session", async () => {
    const [user, other] = [await newcomer(), await newcomer()];
    const [browser, theirs] = [await signedIn(user), await signedIn(other)];
    const form = ownFormOf(await browser.get('/account'));
    const [sid = ''] = await sidsOf(other);
    await browser.post('/account/sessions', { ...form, sid });
    expect(await isIn(theirs)).toBe(true);
  });

  test('T096: a changed password ends every other session and every refresh token', async () => {
    const user = await newcomer();
    const [desk, phone] = [await signedIn(user), await signedIn(user)];
    const code = await obtainCode(phone, { scope: 'openid offline_access' });
    const { refresh_token: refreshToken } = (await (await redeem(people.app, code)).json()) as {
      refresh_token: string;
    };
    const page = await desk.get('/account');
    const form = { ...ownFormOf(page), current_password: password, new_password: 'another fine long phrase' };
    expect((await desk.post('/account/password', { ...form, current_password: 'not the password' })).status).toBe(400);
    expect(await isIn(phone)).toBe(true);
    expect((await desk.post('/account/password', form)).location).toBe('/account?done=password_changed');
    expect([await isIn(desk), await isIn(phone)]).toEqual([true, false]);
    const refresh = { grant_type: 'refresh_token', client_id: 'app', refresh_token: refreshToken };
    expect(await (await postForm(people.app, '/token', refresh)).json()).toMatchObject({ error: 'invalid_grant' });
  });

  test('T098: guessing the present password in a stolen session is limited too', async () => {
    const browser = await signedIn(await newcomer());
    const own = ownFormOf(await browser.get('/account'));
    const statuses: number[] = [];
    for (let turn = 0; turn < 11; turn += 1) {
      const form = { ...own, current_password: `guess number ${turn}`, new_password: 'another fine long phrase' };
      statuses.push((await browser.post('/account/password', form)).status);
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 400), 429]);
  });
});

describe('a page left open until somebody else signed in over it', () => {
  test('does nothing to the account of either, and makes way for the other page', async () => {
    const [ada, bob] = [await newcomer(), await newcomer()];
    const browser = await signedIn(ada);
    await browser.walk(authorizePath(), ada.username);
    const own = ownFormOf(await browser.get('/account'));
    const elsewhere = await signedIn(bob);
    await elsewhere.walk(authorizePath(), bob.username);
    await browser.signIn(bob.username);
    const forms = {
      '/account/sessions': { ...own, sid: (await sidsOf(bob))[0] ?? '' },
      '/account/applications': { ...own, client_id: 'app' },
      '/account/password': { ...own, current_password: password, new_password: 'another fine long phrase' },
    };
    for (const [path, form] of Object.entries(forms))
      expect(gist(await browser.post(path, form))).toEqual({ status: 303, location: '/account' });
    expect([await isIn(browser), await isIn(elsewhere)]).toEqual([true, true]);
    for (const { sub, passwordHash } of [ada, bob]) {
      expect(await people.store.findConsent(sub, 'app')).toBeDefined();
      expect((await people.store.findUser(sub))?.passwordHash).toBe(passwordHash);
    }
  });
});

describe('forged forms, ASVS 3.5', () => {
  test.each(forgeries)(
    'T091: ending a session, withdrawing consent and changing the password with $how does nothing',
    async (forgery) => {
      const user = await newcomer();
      const browser = await signedIn(user);
      await browser.walk(authorizePath());
      const own = ownFormOf(await browser.get('/account'));
      const [sid = ''] = await sidsOf(user);
      const forms = {
        '/account/sessions': { ...own, sid },
        '/account/applications': { ...own, client_id: 'app' },
        '/account/password': { ...own, current_password: password, new_password: 'another fine long phrase' },
      };
      const expected = forgery.how === 'no cookie' ? toSignIn : { status: 403, location: '' };
      for (const [path, form] of Object.entries(forms))
        expect(gist(await browser.post(path, forge(form, forgery), forgery.headers))).toEqual(expected);
      expect(await isIn(browser)).toBe(true);
      expect(await people.store.findConsent(user.sub, 'app')).toBeDefined();
      expect((await people.store.findUser(user.sub))?.passwordHash).toBe(user.passwordHash);
    },
  );

  test('T091: nothing is done by GET', async () => {
    const browser = await signedIn(await newcomer());
    for (const path of ['/account/sessions', '/account/applications', '/account/password'])
      expect((await browser.get(path)).status).toBe(405);
  });
});
