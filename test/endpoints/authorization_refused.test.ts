// What operators learn of an authorization request that was refused: the error goes to the client in a redirect, and much
// software shows it to nobody.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { noMetrics } from '../../src/seams/metrics.ts';
import { authorizePath, cheapHasher, openPeople, type Page, type People, redirectUri } from '../people.ts';

const counted: string[] = [];
let people: People;
beforeAll(async () => {
  const requestRefused = (reason: string): void => {
    counted.push(reason);
  };
  people = await openPeople({ passwordHasher: cheapHasher, metrics: { ...noMetrics, requestRefused } });
});
beforeEach(() => counted.splice(0));

/** What the log has under the request id of an answer. */
const recordsOf = ({ headers }: Page) =>
  people.records.filter(({ fields }) => fields.request_id === headers.get('X-Request-Id'));

const denyConsent = async (): Promise<Page> => {
  const browser = people.openBrowser();
  await browser.signIn();
  const page = await browser.get((await browser.get(authorizePath())).location);
  const hidden = ['csrf', 'interaction', 'bound_to'].map((name) => [name, page.field(name)]);
  return browser.post('/consent', { ...Object.fromEntries(hidden), decision: 'deny' });
};

describe('an authorization request that is refused, RFC 6749 §4.1.2.1', () => {
  const refused = (page: Page, error: string, reason: string): void => {
    expect(page.location.startsWith(`${redirectUri}?error=${error}&`)).toBe(true);
    expect(recordsOf(page)).toMatchObject([{ level: 'warn', message: 'request refused', fields: { error, reason } }]);
    expect(counted).toEqual([reason]);
  };

  test.each([
    ['code_challenge_missing', 'invalid_request', { code_challenge: undefined }],
    ['scope_not_allowed', 'invalid_scope', { scope: 'openid canary-scope' }],
    ['login_required', 'login_required', { prompt: 'none' }],
  ])('has its reason %s in the log and the metrics, and nothing it said', async (reason, error, overrides) => {
    const page = await people.openBrowser().get(authorizePath({ ...overrides, state: 'canary-state' }));
    refused(page, error, reason);
    expect(JSON.stringify(recordsOf(page))).not.toContain('canary');
  });

  test('with prompt=none tells the client why nobody was asked', async () => {
    const page = await people.openBrowser().get(authorizePath({ prompt: 'none' }));
    expect(new URL(page.location).searchParams.get('error_description')).toContain('prompt=none');
  });

  test('has it by form_post too', async () => {
    const page = await people.openBrowser().get(authorizePath({ prompt: 'none', response_mode: 'form_post' }));
    expect(recordsOf(page)).toMatchObject([{ fields: { reason: 'login_required' } }]);
  });

  test('by the end-user has the reason consent_denied', async () => {
    refused(await denyConsent(), 'access_denied', 'consent_denied');
  });
});
