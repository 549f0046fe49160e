import { beforeAll, describe, expect, test, vi } from 'vitest';
import {
  authorizePath,
  type Browser,
  cheapHasher,
  type Fields,
  issuer,
  openPeople,
  type Page,
  type People,
  password,
} from '../people.ts';
import { addResource } from '../test_provider.ts';
import { forge, forgeries } from './forged_forms.ts';

let people: People;
let users = 0;
beforeAll(async () => {
  people = await openPeople({ passwordHasher: cheapHasher });
  await people.addClient('other');
  await people.addClient('ours', { firstParty: true });
  const resources = ['https://payroll.example.com', 'https://wiki.example.com'];
  for (const resource of resources) await addResource(people.store, { resource, scope: ['read', 'write'] });
  await people.addClient('reader', { resources, scope: ['openid', 'read', 'write'] });
});

/** A user of its own, signed in. */
const newcomer = async (): Promise<{ browser: Browser; sub: string; username: string }> => {
  users += 1;
  const { sub, username } = await people.addUser(`user${users}`);
  const browser = people.openBrowser();
  expect((await browser.signIn(username)).status).toBe(303);
  return { browser, sub, username };
};

/** The consent page a request leads to. */
const askedOf = async (browser: Browser, overrides: Parameters<typeof authorizePath>[0] = {}): Promise<Page> => {
  const { location } = await browser.get(authorizePath(overrides));
  expect(location).toMatch(/^\/consent\?/);
  return browser.get(location);
};

const formOf = (page: Page, overrides: Fields = {}): Fields => ({
  csrf: page.field('csrf'),
  interaction: page.field('interaction'),
  bound_to: page.field('bound_to'),
  decision: 'allow',
  ...overrides,
});

/** Goes on as who is signed in. */
const choiceOf = (page: Page) => ({
  csrf: page.field('csrf'),
  interaction: page.field('interaction'),
  account: page.field('account'),
  choice: 'continue',
});

const refused = { status: 403, location: '' };
/** What is asked is not what was shown. */
const shownAnew = (page: Page) => ({ status: 303, location: `/consent?interaction=${page.field('interaction')}` });
const gist = ({ status, location }: Page) => ({ status, location });

describe('consent is bound to what was shown, OpenID Connect Core 1.0 §3.1.2.4', () => {
  test('what was shown is what is kept, and then a code is given', async () => {
    const { browser, sub } = await newcomer();
    const decided = await browser.post('/consent', formOf(await askedOf(browser)));
    expect((await browser.walk(decided.location)).searchParams.has('code')).toBe(true);
    expect(await people.store.findConsent(sub, 'app')).toMatchObject({
      scope: ['openid', 'profile'],
      resources: [issuer],
    });
  });

  test('T085: consent that is withdrawn right after it was looked at gives no code', async () => {
    const { browser, sub } = await newcomer();
    await browser.walk((await browser.post('/consent', formOf(await askedOf(browser)))).location);
    const find = people.store.findConsent;
    const looked = vi.spyOn(people.store, 'findConsent').mockImplementationOnce(async (...whose) => {
      const found = await find(...whose);
      await people.store.withdrawConsent(...whose, people.clock.now());
      return found;
    });
    const { location } = await browser.get(authorizePath());
    expect(looked).toHaveBeenCalledWith(sub, 'app');
    expect(Object.fromEntries(new URL(location).searchParams)).toMatchObject({
      error: 'consent_required',
      iss: issuer,
    });
  });

  test.each([
    ['more scope', { scope: 'openid profile email' }],
    ['less scope', { scope: 'openid' }],
    ['more claims', { claims: '{"userinfo":{"email":null}}' }],
    ['another client', { client_id: 'other' }],
  ])('T060: allowing one request does not allow another with %s', async (_, overrides) => {
    const { browser, sub } = await newcomer();
    const shown = await askedOf(browser);
    const widened = await askedOf(browser, overrides);
    const sent = await browser.post('/consent', formOf(shown, { interaction: widened.field('interaction') }));
    expect(gist(sent)).toEqual(shownAnew(widened));
    expect(await people.store.listConsents(sub)).toEqual([]);
  });

  test('T060: a page shown to one end-user allows nothing once another signed in over them', async () => {
    const { browser, sub } = await newcomer();
    const shown = await askedOf(browser);
    const { sub: eve, username } = await people.addUser(`eve${users}`);
    await browser.signIn(username);
    for (const decision of ['allow', 'deny'])
      expect(gist(await browser.post('/consent', formOf(shown, { decision })))).toEqual(shownAnew(shown));
    expect([...(await people.store.listConsents(sub)), ...(await people.store.listConsents(eve))]).toEqual([]);
    const again = await browser.get(shownAnew(shown).location);
    await browser.post('/consent', formOf(again));
    expect([await people.store.listConsents(sub), await people.store.listConsents(eve)]).toMatchObject([[], [{}]]);
  });

  test('T060: a page left open until its end-user had signed out and in again shows anew what is asked', async () => {
    const { browser, sub, username } = await newcomer();
    const shown = await askedOf(browser);
    for (const { sid } of await people.store.listSessions(sub)) await people.store.endSession(sid, people.clock.now());
    await browser.signIn(username);
    expect(gist(await browser.post('/consent', formOf(shown)))).toEqual(shownAnew(shown));
    expect(await people.store.listConsents(sub)).toEqual([]);
    const again = await browser.get(shownAnew(shown).location);
    expect(
      (await browser.walk((await browser.post('/consent', formOf(again))).location)).searchParams.has('code'),
    ).toBe(true);
  });

  test("T060: another browser's page, whole or in part, allows nothing", async () => {
    const [attacker, victim] = [await newcomer(), await newcomer()];
    const theirs = await askedOf(attacker.browser);
    const own = await askedOf(victim.browser);
    expect(gist(await victim.browser.post('/consent', formOf(theirs)))).toEqual(refused);
    const form = formOf(own, { interaction: theirs.field('interaction') });
    expect(gist(await victim.browser.post('/consent', form))).toEqual({ status: 400, location: '' });
    for (const boundTo of [theirs.field('bound_to'), 'é'.repeat(43)])
      expect(gist(await victim.browser.post('/consent', formOf(own, { bound_to: boundTo })))).toEqual(shownAnew(own));
    expect(await people.store.listConsents(victim.sub)).toEqual([]);
  });

  test('T060: a form whose scope is written into it changes nothing', async () => {
    const { browser, sub } = await newcomer();
    const form = formOf(await askedOf(browser), { scope: 'openid profile email offline_access', client_id: 'other' });
    await browser.post('/consent', form);
    expect(await people.store.listConsents(sub)).toMatchObject([{ clientId: 'app', scope: ['openid', 'profile'] }]);
  });

  test('T060: what was allowed does not cover more, another client, or prompt=consent', async () => {
    const { browser } = await newcomer();
    await browser.walk(authorizePath());
    expect((await browser.get(authorizePath())).location).toContain('code=');
    expect((await browser.get(authorizePath({ scope: 'openid' }))).location).toContain('code=');
    await askedOf(browser, { scope: 'openid email' });
    await askedOf(browser, { claims: '{"id_token":{"email":null}}' });
    await askedOf(browser, { client_id: 'other' });
    await askedOf(browser, { prompt: 'consent' });
    await askedOf(browser, { client_id: 'ours', prompt: 'consent' });
  });

  test('T060: what was allowed at one resource is not allowed at another', async () => {
    const { browser } = await newcomer();
    const [payroll, wiki] = ['https://payroll.example.com', 'https://wiki.example.com'];
    const asked = (resource: string, scope: string) => ({ client_id: 'reader', resource, scope });
    await browser.walk(authorizePath(asked(payroll, 'openid read')));
    await browser.walk(authorizePath(asked(wiki, 'openid read write')));
    const { html } = await browser.get('/account');
    const told = [...html.matchAll(/<li>Act for you elsewhere: (.*)<\/li>/g)];
    expect(told.map(([, line]) => line?.replaceAll(/<[^>]*>/g, '').trim())).toEqual([
      `${payroll} read`,
      `${wiki} read write`,
    ]);
    for (const [resource, scope] of [
      [payroll, 'openid read'],
      [wiki, 'openid write'],
    ] as const)
      expect((await browser.get(authorizePath(asked(resource, scope)))).location).toContain('code=');
    await askedOf(browser, asked(payroll, 'openid read write'));
    await browser.walk(authorizePath(asked(payroll, 'openid write')));
    expect((await browser.get(authorizePath(asked(payroll, 'openid read write')))).location).toContain('code=');
  });

  test('T060: skipping the page leads back to it', async () => {
    const { browser } = await newcomer();
    const page = await askedOf(browser, { prompt: 'consent' });
    const interaction = page.field('interaction');
    expect((await browser.get(`/authorize?interaction=${interaction}`)).location).toBe(
      `/consent?interaction=${interaction}`,
    );
  });

  test.each(['deny', '', 'ALLOW', 'allow '])(
    'T060: the decision %j allows nothing, and the client is told',
    async (decision) => {
      const { browser, sub } = await newcomer();
      const page = await askedOf(browser);
      const { location, status } = await browser.post('/consent', formOf(page, { decision }));
      expect(status).toBe(303);
      const answer = Object.fromEntries(new URL(location).searchParams);
      expect(answer).toMatchObject({ error: 'access_denied', iss: issuer, state: 'af0ifjsldkj' });
      expect(await people.store.listConsents(sub)).toEqual([]);
      expect((await browser.post('/consent', formOf(page))).status).toBe(400);
    },
  );

  test('T060: a page left open until its end-user was locked allows nothing', async () => {
    const { browser, sub } = await newcomer();
    const page = await askedOf(browser);
    await people.store.lockUser(sub, people.clock.now());
    expect((await browser.post('/consent', formOf(page))).status).toBe(303);
    expect(await people.store.listConsents(sub)).toEqual([]);
  });

  test.each(['allow', 'deny'])(
    'T060: %s on a page left open until the session ended elsewhere does nothing, and has them sign in again',
    async (decision) => {
      const { browser, sub, username } = await newcomer();
      const page = await askedOf(browser);
      for (const { sid } of await people.store.listSessions(sub))
        await people.store.endSession(sid, people.clock.now());
      const { location } = await browser.post('/consent', formOf(page, { decision }));
      const interaction = page.field('interaction');
      expect((await browser.get(location)).location).toBe(`/login?interaction=${interaction}`);
      expect(await people.store.listConsents(sub)).toEqual([]);
      const again = await browser.get(
        (await browser.signIn(username, password, `?interaction=${interaction}`)).location,
      );
      expect(again.location).toBe(`/consent?interaction=${interaction}`);
    },
  );
});

describe('prompt=select_account, OpenID Connect Core 1.0 §3.1.2.1', () => {
  test('nobody goes on in the name of another, who signed in over the one that was shown', async () => {
    const [{ browser }, grace] = [await newcomer(), await newcomer()];
    const { location } = await browser.get(authorizePath({ client_id: 'ours', prompt: 'select_account' }));
    const form = choiceOf(await browser.get(location));
    await browser.signIn(grace.username);
    expect((await browser.post('/login', form)).location).toBe(location);
    const asked = choiceOf(await browser.get(location));
    expect(asked.account).toBe(grace.sub);
    expect((await browser.walk((await browser.post('/login', asked)).location)).searchParams.has('code')).toBe(true);
  });
});

describe('prompt=select_account where who is signed in cannot go on as they are', () => {
  test.each([{ prompt: 'select_account login' }, { prompt: 'select_account', max_age: '0' }])(
    '%j: no choice is offered that leads back to the same page',
    async (asked) => {
      const { browser, username } = await newcomer();
      const { location } = await browser.get(authorizePath({ client_id: 'ours', ...asked }));
      const page = await browser.get(location);
      expect([page.field('account'), page.html.includes('name="password"')]).toEqual(['', true]);
      const { location: next } = await browser.signIn(username, password, location.slice(location.indexOf('?')));
      expect((await browser.walk(next)).searchParams.has('code')).toBe(true);
    },
  );
});

describe('forged forms, ASVS 3.5', () => {
  test.each(forgeries)('T091: consent with $how is 403, and nothing is allowed', async (forgery) => {
    const { browser, sub } = await newcomer();
    const form = formOf(await askedOf(browser));
    expect(gist(await browser.post('/consent', forge(form, forgery), forgery.headers))).toEqual(refused);
    expect(await people.store.listConsents(sub)).toEqual([]);
  });

  test('prompt=select_account asks, and going on as who is signed in needs our own form', async () => {
    const { browser } = await newcomer();
    await browser.walk(authorizePath());
    await people.pass(1);
    const { location } = await browser.get(authorizePath({ prompt: 'select_account' }));
    const page = await browser.get(location);
    const form = choiceOf(page);
    for (const forgery of forgeries)
      expect(gist(await browser.post('/login', forge(form, forgery), forgery.headers))).toEqual(refused);
    expect((await browser.get(`/authorize?interaction=${form.interaction}`)).location).toBe(location);
    expect((await browser.walk((await browser.post('/login', form)).location)).searchParams.has('code')).toBe(true);
  });
});
