import { beforeAll, describe, expect, test } from 'vitest';
import {
  authorizePath,
  type Browser,
  cheapHasher,
  type Fields,
  openPeople,
  type Page,
  type People,
  password,
} from '../people.ts';
import { forge, forgeries } from './forged_forms.ts';

let people: People;
let guests = 0;

beforeAll(async () => {
  people = await openPeople({ passwordHasher: cheapHasher, environment: { KEYTURN_SIGN_UP: 'on' } });
});

const accountOf = (username: string): Fields => ({
  username,
  email: `${username}@example.net`,
  name: 'Grace Hopper',
  password,
});

/** From an address of its own, so that nobody waits for another. */
const signUp = async (account: Fields, browser: Browser = people.openBrowser()): Promise<Page> => {
  const csrf = (await browser.get('/sign-up')).field('csrf');
  return browser.post('/sign-up', { csrf, ...account });
};

const newName = (): string => {
  guests += 1;
  return `guest${guests}`;
};

const keptName = async (name: string): Promise<unknown> => {
  const username = newName();
  await signUp({ ...accountOf(username), name });
  return (await people.store.findUserByLogin(username))?.claims.name;
};

describe('sign-up', () => {
  test('a form that comes again after its request was answered meets the way to the application', async () => {
    await people.addClient('first-party', { firstParty: true });
    const browser = people.openBrowser();
    const asked = authorizePath({ client_id: 'first-party', prompt: 'create' });
    const page = await browser.get((await browser.get(asked)).location);
    const names = ['csrf', 'interaction', 'client_id', 'redirect_uri'];
    const form = { ...Object.fromEntries(names.map((name) => [name, page.field(name)])), ...accountOf(newName()) };
    expect((await browser.get((await browser.post('/sign-up', form)).location)).location).toContain('code=');
    expect((await browser.post('/sign-up', form)).html).toContain(
      '<a class="button fill" href="https://app.example.com">',
    );
  });

  test('makes an account and signs its end-user in, under a cookie of its own', async () => {
    const browser = people.openBrowser();
    const page = await signUp(accountOf('grace'), browser);
    expect({ status: page.status, location: page.location }).toEqual({ status: 303, location: '/account' });
    expect((await browser.get('/account')).html).toContain('grace@example.net');
    expect(await people.store.findUserByLogin('grace')).toMatchObject({
      ...{ emailVerified: false, roles: [], claims: { name: 'Grace Hopper' } },
    });
  });

  test.each([
    ['grace.hopper@example.net', { username: '', email: 'grace.hopper@example.net' }],
    ['hopper', { username: 'hopper', email: '' }],
  ])('prompt=create opens it, also for who is signed in, with the login hint %j in its field', async (hint, shown) => {
    const browser = people.openBrowser();
    await signUp(accountOf(newName()), browser);
    const asked = await browser.get(authorizePath({ prompt: 'create', login_hint: hint }));
    expect(asked.location).toMatch(/^\/sign-up\?interaction=/);
    const { html } = await browser.get(asked.location);
    const shownIn = (name: string) => new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(html)?.[1] ?? '';
    expect({ username: shownIn('username'), email: shownIn('email') }).toEqual(shown);
  });

  test('prompt=create ends with a code for the new account, or for who had one after all', async () => {
    const browser = people.openBrowser();
    const { location } = await browser.get(authorizePath({ prompt: 'create' }));
    const page = await browser.get(location);
    const username = newName();
    const hidden = { csrf: page.field('csrf'), interaction: page.field('interaction') };
    const made = await browser.post('/sign-up', { ...hidden, ...accountOf(username) });
    expect((await browser.walk(made.location)).searchParams.get('code')).toMatch(/^[\w-]{43}$/);
    expect((await browser.get('/account')).html).toContain(username);
    const again = await browser.get(authorizePath({ prompt: 'create' }));
    const known = await browser.walk(again.location.replace('/sign-up', '/login'));
    expect(known.searchParams.get('code')).toMatch(/^[\w-]{43}$/);
  });

  test('prompt=create is supported where it is switched on, and told so', async () => {
    const supported = async ({ app }: People): Promise<unknown> =>
      ((await (await app.request('/.well-known/openid-configuration')).json()) as Record<string, unknown>)
        .prompt_values_supported;
    expect(await supported(people)).toEqual(['none', 'login', 'consent', 'select_account', 'create']);
    const closed = await openPeople({ passwordHasher: cheapHasher });
    expect(await supported(closed)).toEqual(['none', 'login', 'consent', 'select_account']);
    const refused = await closed.openBrowser().get(authorizePath({ prompt: 'create' }));
    expect(new URL(refused.location).searchParams.get('error')).toBe('invalid_request');
  });

  test('is not there unless it is switched on', async () => {
    const closed = await openPeople({ passwordHasher: cheapHasher });
    expect((await closed.openBrowser().get('/sign-up')).status).toBe(404);
  });

  test.each([
    ['username', 'а-cyrillic-a'],
    ['username', 'ADA'],
    ['email', 'nobody'],
    ['email', 'Ada@Example.com'],
    ['name', ' \u0000\u202e '],
    ['name', '\u200b\u3164'],
    ['name', '\u2800'],
    ['name', 'x'.repeat(201)],
    ['password', 'fourteen chars'],
  ])('the %s %j is at fault, and nothing is made', async (field, value) => {
    const account = { ...accountOf(newName()), [field]: value };
    const page = await signUp(account);
    expect(page.status).toBe(400);
    expect(page.html).toMatch(new RegExp(`name="${field}"[^>]*aria-invalid="true"`));
    expect(page.headers.getSetCookie()).toEqual([]);
  });

  test('T126: a name is one line, without what turns the direction of writing; other letters stay', async () => {
    expect(await keptName(' \u001b[31mGrace\r\nX-Y:\u0000 \u202eHopper\u2028 ')).toBe('[31mGrace X-Y: Hopper');
    expect(await keptName('\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u200fÅsa')).toBe(
      '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 Åsa',
    );
  });

  test.each(forgeries)('T091: sign-up with $how is 403, and nothing is made', async (forgery) => {
    const browser = people.openBrowser();
    const csrf = (await browser.get('/sign-up')).field('csrf');
    const username = newName();
    const page = await browser.post('/sign-up', forge({ csrf, ...accountOf(username) }, forgery), forgery.headers);
    expect(page.status).toBe(403);
    expect(await people.store.findUserByLogin(username)).toBeUndefined();
  });

  test('T098: from one address ten, then one a minute', async () => {
    const statuses: number[] = [];
    for (let nth = 0; nth < 11; nth += 1)
      statuses.push((await signUp(accountOf(newName()), people.openBrowser('192.0.2.99'))).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 303), 429]);
  });
});
