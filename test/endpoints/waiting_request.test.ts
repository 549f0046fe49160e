// What changes while a request waits for its end-user: its client is told.
import { beforeAll, describe, expect, test } from 'vitest';
import {
  authorizePath,
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
