// A browser that stayed away for KEYTURN_SESSION_IDLE_SECONDS: signed in no more, while its applications may go on.
import { beforeAll, describe, expect, test } from 'vitest';
import { logoutParameterNames } from '../../src/login/logout_request.ts';
import { authorizePath, type Browser, cheapHasher, openPeople, type People, postForm, redeem } from '../people.ts';

const out = 'https://app.example.com/signed-out';

let people: People;
const open = async (idleSeconds: number): Promise<People> => {
  const environment = { KEYTURN_SESSION_IDLE_SECONDS: `${idleSeconds}` };
  const opened = await openPeople({ environment, passwordHasher: cheapHasher });
  await opened.addClient('ours', { firstParty: true, postLogoutRedirectUris: [out] });
  return opened;
};

interface Signed {
  readonly browser: Browser;
  readonly hint: string;
  readonly refresh: () => Promise<number>;
}

const signedIn = async (): Promise<Signed> => {
  const browser = people.openBrowser();
  const answer = await browser.walk(authorizePath({ client_id: 'ours' }), 'ada');
  const response = await redeem(people.app, answer.searchParams.get('code') ?? '', { client_id: 'ours' });
  const tokens = (await response.json()) as { id_token: string; refresh_token: string };
  const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: 'ours' };
  return { browser, hint: tokens.id_token, refresh: async () => (await postForm(people.app, '/token', form)).status };
};

const isIn = async (browser: Browser): Promise<boolean> => (await browser.get('/account')).status === 200;
const logoutPath = (hint: string): string =>
  `/logout?${new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: out })}`;

describe('a session that is over by silence', () => {
  beforeAll(async () => {
    people = await open(600);
  });

  test('T085: is ended with its tokens by a sign-out that its hint proves', async () => {
    const { browser, hint, refresh } = await signedIn();
    await people.pass(600);
    expect(await isIn(browser)).toBe(false);
    expect((await browser.get(logoutPath(hint))).location).toBe(out);
    expect(await refresh()).toBe(400);
  });

  test('T085: is ended by a form that was shown while it was open', async () => {
    const { browser, refresh } = await signedIn();
    const page = await browser.get('/logout');
    expect(page.html).toMatch(/<b>.*<\/b>/);
    await people.pass(600);
    const form = ['csrf', 'account', ...logoutParameterNames].map((name) => [name, page.field(name)] as const);
    expect((await browser.post('/logout', Object.fromEntries(form))).status).toBe(200);
    expect(await refresh()).toBe(400);
  });

  test("T093: is ended by no link without a hint, and by no other session's hint", async () => {
    const [{ browser, refresh }, { hint }] = [await signedIn(), await signedIn()];
    await people.pass(600);
    for (const path of ['/logout', logoutPath(hint)]) await browser.get(path);
    expect(await refresh()).toBe(200);
  });

  test('T085: is asked for where nothing proves it, since it has not ended, and is open again by none of that', async () => {
    const { browser, refresh } = await signedIn();
    await people.pass(600);
    const page = await browser.get('/logout');
    expect(page.html).toContain('Sign out?');
    expect(page.html).not.toMatch(/<b>|ada/i);
    expect(await isIn(browser)).toBe(false);
    const form = { csrf: page.field('csrf'), account: page.field('account') };
    expect((await browser.post('/logout', form)).html).toContain('You are signed out');
    expect(await refresh()).toBe(400);
  });

  test('T096: is still on the account page, where it can be ended', async () => {
    const { refresh } = await signedIn();
    await people.pass(600);
    const { browser } = await signedIn();
    const page = await browser.get('/account');
    const sids = [...page.html.matchAll(/name="sid" value="([^"]*)"/g)].map(([, sid = '']) => sid);
    for (const sid of sids.slice(1))
      await browser.post('/account/sessions', { csrf: page.field('csrf'), account: page.field('account'), sid });
    expect(await refresh()).toBe(400);
    expect(await isIn(browser)).toBe(true);
  });
});

test.each([6, 60, 90])('who comes again within %i s stays signed in', async (idleSeconds) => {
  people = await open(idleSeconds);
  const { browser } = await signedIn();
  for (let nth = 0; nth < 5; nth += 1) {
    await people.pass(Math.floor(idleSeconds * 0.8));
    expect(await isIn(browser)).toBe(true);
  }
});
