// Requests made of everything the issuer understands, put together at random: whatever comes, it is answered, by an answer
// that is specified, and nothing secret is in it.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashClientSecret } from '../../src/client_authentication/client_secret.ts';
import { cheapHasher, codeChallenge, codeVerifier, openPeople, type People, password, redirectUri } from '../people.ts';
import { obtainTokens, type TokenAnswer } from '../token_requests.ts';
import { anyText } from './any_text.ts';
import { runs } from './runs.ts';

const requestsEach = 6;
const clientSecret = 'the secret of a confidential client, forty of it';

let people: People;
let tokens: TokenAnswer;
let cookies: string;
let csrf: string;

beforeAll(async () => {
  people = await openPeople({ passwordHasher: cheapHasher, environment: { KEYTURN_SIGN_UP: 'on' } });
  await people.keyHistory.refresh();
  await people.revocations.refresh();
  await people.addClient('confidential', {
    tokenEndpointAuthMethod: 'client_secret_basic',
    clientSecretSha256: hashClientSecret(clientSecret),
    grantTypes: ['client_credentials', 'authorization_code', 'refresh_token'],
  });
  const browser = people.openBrowser();
  await browser.signIn();
  tokens = await obtainTokens(people.app, browser, { scope: 'openid offline_access email' });
  csrf = (await browser.get('/account')).field('csrf');
  cookies = [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ');
}, 30_000);
afterAll(() => people.store.close());

const paths = [
  ...['/authorize', '/token', '/userinfo', '/introspect', '/revoke', '/logout', '/login', '/consent', '/sign-up'],
  ...['/account', '/account/sessions', '/account/applications', '/account/password', '/status-lists', '/revocations'],
  ...['/.well-known/jwks.json', '/.well-known/openid-configuration', '/historical-keys', '/status-lists/x', '/'],
];

const names = [
  ...['client_id', 'client_secret', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'state', 'nonce'],
  ...['code_challenge', 'code_challenge_method', 'code_verifier', 'code', 'grant_type', 'refresh_token', 'resource'],
  ...['prompt', 'max_age', 'login_hint', 'id_token_hint', 'ui_locales', 'acr_values', 'claims', 'request', 'display'],
  ...['request_uri', 'token', 'token_type_hint', 'post_logout_redirect_uri', 'logout_hint', 'csrf', 'interaction'],
  ...[
    'login',
    'password',
    'choice',
    'account',
    'decision',
    'bound_to',
    'sid',
    'current_password',
    'new_password',
    'username',
  ],
  ...['email', 'name', 'access_token', 'client_assertion', 'client_assertion_type', 'since', 'wait', '__proto__'],
];

/** Those that are good where they belong; they are asked for once the issuer is there. */
const good = [
  () => tokens.access_token,
  () => tokens.refresh_token,
  () => tokens.id_token,
  () => csrf,
  () => codeChallenge,
  () => codeVerifier,
  () => password,
  () => clientSecret,
];

const words = [
  ...['app', 'confidential', 'ada', 'code', 'query', 'form_post', 'S256', 'plain', 'openid', 'openid offline_access'],
  ...['none', 'login', 'consent', 'select_account', 'none login', 'authorization_code', 'refresh_token', 'allow', '0'],
  ...['client_credentials', '-1', '1e999', '99999999999999999999', 'de', 'en-x-\u0000', redirectUri, 'https://a b/'],
  ...['{"id_token":{"sub":{"value":"x"}}}', '{"userinfo":{"__proto__":null}}', '[[[[', '{"id_token":1}', 'true'],
  ...['urn:x', 'https://id.example.com', 'javascript:alert(1)', '//evil.example', '\r\nSet-Cookie: a=b', 'a.b.c'],
  ...['\u202e', '\ud800', 'e\u0301'.repeat(300), 'x'.repeat(5000), '', ' ', '%', '%zz', '+', '\u0000', '🂡'],
];

const value: fc.Arbitrary<() => string> = fc.oneof(
  fc.constantFrom(...good),
  fc.constantFrom(...words).map((word) => () => word),
  anyText(30).map((text) => () => text),
);

const header = fc.constantFrom<() => Readonly<Record<string, string>>>(
  () => ({}),
  () => ({ Cookie: cookies }),
  () => ({ Cookie: '__Host-keyturn=x; ;=; a' }),
  () => ({ Authorization: `Basic ${Buffer.from(`confidential:${clientSecret}`).toString('base64')}` }),
  () => ({ Authorization: 'Basic !!!' }),
  () => ({ Authorization: `Bearer ${tokens.access_token}` }),
  () => ({ Authorization: `DPoP ${tokens.access_token}` }),
  () => ({ Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }),
  () => ({ 'Sec-Fetch-Site': 'same-origin', Origin: 'null', Cookie: cookies }),
  () => ({ Accept: 'application/jwt;q=nan, */*;q=-1', 'Accept-Language': 'xx-\u007f;q=2,,;' }),
  () => ({ 'If-None-Match': 'W/"', Range: 'bytes=0-0' }),
  () => ({ 'X-Forwarded-For': ',,[::1', traceparent: '00-0-0-0' }),
);

interface Made {
  readonly path: string;
  readonly method: string;
  readonly type: string;
  readonly parameters: readonly (readonly [string, () => string])[];
  readonly headers: () => Readonly<Record<string, string>>;
}

const made: fc.Arbitrary<Made> = fc.record({
  path: fc.constantFrom(...paths),
  method: fc.constantFrom('GET', 'POST', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'),
  type: fc.constantFrom(
    ...['application/x-www-form-urlencoded', 'application/x-www-form-urlencoded', 'application/json', 'text/plain'],
    ...['multipart/form-data; boundary=x', 'application/x-www-form-urlencoded; charset=utf-7', ''],
  ),
  parameters: fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 12 }),
  headers: header,
});

/** The parameters as they are sent. */
const formOf = ({ parameters }: Made): string =>
  new URLSearchParams(parameters.map(([name, read]): [string, string] => [name, read()])).toString();

const send = async (asked: Made): Promise<Response> => {
  const { path, method, type, headers } = asked;
  const remote = { remoteAddress: '198.18.9.9' };
  if (method !== 'POST') return people.app.request(`${path}?${formOf(asked)}`, { method, headers: headers() }, remote);
  const sent = { ...headers(), ...(type !== '' && { 'Content-Type': type }) };
  return people.app.request(path, { method, headers: sent, body: formOf(asked) }, remote);
};

const specified = [200, 303, 302, 304, 204, 400, 401, 403, 404, 405, 413, 415, 429];

const expectSpecified = async (asked: Made, response: Response): Promise<void> => {
  const told = [asked.method, asked.path, response.status];
  expect(specified, JSON.stringify(told)).toContain(response.status);
  const text = await response.text();
  const type = response.headers.get('Content-Type') ?? '';
  if (response.status >= 400) expect(response.headers.get('Cache-Control'), JSON.stringify(told)).toBe('no-store');
  if (text !== '' && response.status >= 400 && type.startsWith('application/json')) {
    expect(Object.keys(JSON.parse(text))).toEqual(['error', 'error_description']);
    expect(JSON.parse(text).error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  }
  if (type.startsWith('text/html'))
    expect(response.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
  const form = formOf(asked);
  // What is typed as a name, or sent as a state, is given back.
  for (const secret of [clientSecret, tokens.refresh_token, password])
    if (!form.includes(new URLSearchParams({ '': secret }).toString().slice(1))) expect(text).not.toContain(secret);
  expect(response.headers.get('Set-Cookie') ?? '').not.toContain('a=b');
};

test('T124 T128: whatever is asked is answered as specified, and nothing fails inside', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(made, { minLength: 1, maxLength: requestsEach }), async (all) => {
      for (const asked of all) await expectSpecified(asked, await send(asked));
      expect(people.records.filter(({ level }) => level === 'error')).toEqual([]);
      // Limits of the one address are not what is asked about.
      await people.pass(60);
    }),
    runs(2000),
  );
}, 120_000);
