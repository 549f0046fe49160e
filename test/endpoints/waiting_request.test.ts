// What changes while a request waits for its end-user: its client is told. And one that is over leads on to its client.
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { StoreUnavailableError } from '../../src/seams/store.ts';
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

const resource = 'https://api.example.com';

let people: People;
beforeAll(async () => {
  people = await openPeople({ passwordHasher: cheapHasher, environment: { KEYTURN_SIGN_UP: 'on' } });
  await people.addClient('reader', { resources: [resource], scope: ['openid', 'read'] });
});

const hiddenOf = (page: Page): Fields =>
  Object.fromEntries(['csrf', 'interaction', 'bound_to', 'account'].map((name) => [name, page.field(name)]));

/** By the page that is open, and whether somebody is signed in by then. */
const pages: readonly (readonly [string, boolean, Fields, Fields])[] = [
  ['/consent', true, {}, { decision: 'allow' }],
  ['/consent', true, {}, { decision: 'deny' }],
  ['/login', false, {}, { login: 'ada', password }],
  ['/login', true, { prompt: 'select_account' }, { choice: 'continue' }],
  ['/sign-up', false, { prompt: 'create' }, { username: 'new', email: 'new@example.com', name: 'New', password }],
];

describe('a resource that is removed while a page is open, RFC 8707 §2', () => {
  test.each(pages)(
    'on %s (signed in: %s) %j: sending %j tells the client, and it is over',
    async (path, isIn, asked, answer) => {
      await addResource(people.store, { resource, scope: ['read'] });
      const browser = people.openBrowser();
      if (isIn) await browser.signIn();
      const { location } = await browser.get(authorizePath({ client_id: 'reader', scope: 'openid read', ...asked }));
      expect(location.startsWith(`${path}?`)).toBe(true);
      const page = await browser.get(location);
      await people.store.removeResource(resource);
      for (const sent of [await browser.get(location), await browser.post(path, { ...hiddenOf(page), ...answer })])
        expect(sent).toMatchObject({ status: 303, location: location.replace(path, '/authorize') });
      const told = new URL((await browser.get(location.replace(path, '/authorize'))).location);
      expect(Object.fromEntries(told.searchParams)).toMatchObject({
        ...{ error: 'invalid_target', state: 'af0ifjsldkj', iss: issuer },
      });
      expect((await browser.get(location)).html).toContain('<code>interaction_expired</code>');
    },
  );
});

describe('a request that was answered, and is come back to', () => {
  /** By the id of its interaction, and the form that answered it. */
  const answered = async (): Promise<{ readonly browser: Browser; readonly id: string; readonly form: Fields }> => {
    const browser = people.openBrowser();
    await browser.signIn();
    const { location } = await browser.get(authorizePath({ prompt: 'consent' }));
    const page = await browser.get(location);
    const form = { ...hiddenOf(page), decision: 'deny' };
    expect((await browser.post('/consent', form)).location).toContain('error=access_denied');
    return { browser, id: page.field('interaction'), form };
  };

  const over = '<code>interaction_expired</code>';
  const button = '<a class="button';
  const onward = `${button} fill" href="https://app.example.com">`;

  test('leads on to the application, by a form that is sent once more, and by each page, as of the history', async () => {
    const { browser, id, form } = await answered();
    const pages = [await browser.post('/consent', form), await people.openBrowser().get(`/login?interaction=${id}`)];
    for (const path of ['/authorize', '/login', '/consent', '/sign-up'])
      pages.push(await browser.get(`${path}?interaction=${id}`));
    for (const { status, html } of pages) {
      expect(status).toBe(400);
      expect(html).toContain(over);
      expect(html).toContain(onward);
    }
  });

  test('T128: is told on a page, though the application cannot be looked up then', async () => {
    const { browser, form } = await answered();
    const failing = vi.spyOn(people.store, 'findClient').mockRejectedValueOnce(new StoreUnavailableError());
    const { status, html } = await browser.post('/consent', form);
    expect(failing).toHaveBeenCalledOnce();
    failing.mockRestore();
    expect(status).toBe(400);
    expect(html).toContain(over);
  });

  test.each([
    'https://app.example.com/callback nobody',
    'https://evil.example/ app',
    'javascript:alert(1) app',
    'https://app.example.com/callback',
    ' app',
    '',
  ])('T047: is led nowhere by %j, for that is no registered way back', async (application) => {
    const { browser, id, form } = await answered();
    const [random, mark] = id.split('.');
    const forged = `${random}.${mark}.${Buffer.from(application).toString('base64url')}`;
    for (const { html } of [
      await browser.get(`/login?interaction=${forged}`),
      await browser.post('/consent', { ...form, interaction: forged }),
    ]) {
      expect(html).toContain(over);
      expect(html).not.toContain(button);
    }
  });

  test('goes on where its redirect URI is too long to be named, and is led nowhere then', async () => {
    const redirectUri = `https://app.example.com/${'x'.repeat(1100)}`;
    await people.addClient('long', { redirectUris: [redirectUri], firstParty: true });
    const browser = people.openBrowser();
    const { location } = await browser.get(authorizePath({ client_id: 'long', redirect_uri: redirectUri }));
    expect((await browser.walk(location)).searchParams.has('code')).toBe(true);
    const { html } = await browser.get(location);
    expect(html).toContain(over);
    expect(html).not.toContain(button);
  });
});
