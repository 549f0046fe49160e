import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashClientSecret } from '../../src/client_authentication/client_secret.ts';
import { type Browser, cheapHasher, openPeople, type People, postForm } from '../people.ts';
import { addResource, basic, registeredSecret } from '../test_provider.ts';
import { expectRefusal, obtainTokens, readAnswer, refresh } from '../token_requests.ts';

const api = 'https://api.example.com';
const machine = {
  tokenEndpointAuthMethod: 'client_secret_basic',
  clientSecretSha256: hashClientSecret(registeredSecret),
  grantTypes: ['client_credentials'],
  resources: [api],
  scope: ['read'],
};
let people: People;
let browser: Browser;

beforeAll(async () => {
  people = await openPeople({ passwordHasher: cheapHasher, environment: { KEYTURN_CLIENT_REQUESTS_PER_SECOND: '1' } });
  await addResource(people.store, { resource: api, scope: ['read'] });
  for (const clientId of ['machine', 'quiet']) await people.addClient(clientId, machine);
  browser = people.openBrowser();
});

afterAll(() => people.store.close());

const ask = (clientId: string) =>
  postForm(people.app, '/token', { grant_type: 'client_credentials' }, { Authorization: basic(clientId) });

describe('how often one client may ask', () => {
  test('ten seconds’ worth at once, then 429 with Retry-After; the others have theirs', async () => {
    const answers = await Promise.all(Array.from({ length: 15 }, () => ask('machine')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    const [refused] = answers.filter(({ status }) => status !== 200);
    expect(refused?.headers.get('Retry-After')).toBe('1');
    if (refused !== undefined) await expectRefusal(refused, 'temporarily_unavailable', 429);
    expect((await ask('quiet')).status).toBe(200);
    await people.pass(2);
    expect([(await ask('machine')).status, (await ask('machine')).status, (await ask('machine')).status]).toEqual([
      200, 200, 429,
    ]);
  });

  test('T083: a refused grant is told as such, whatever the client has left; another grant type has its own allowance', async () => {
    let { refresh_token: token } = await obtainTokens(people.app, browser, { scope: 'openid offline_access' });
    for (let turn = 0; turn < 10; turn += 1)
      ({ refresh_token: token } = await readAnswer(await refresh(people.app, token)));
    expect((await refresh(people.app, token)).status).toBe(429);
    await expectRefusal(await refresh(people.app, 'unknown'), 'invalid_grant');
    await obtainTokens(people.app, browser);
    await people.pass(1);
    expect((await refresh(people.app, token)).status).toBe(200);
  });

  test('T083: the reuse of a refresh token ends its family, whatever the client has left', async () => {
    await people.pass(20);
    const stolen = await obtainTokens(people.app, browser, { scope: 'openid offline_access' });
    const { refresh_token: successor } = await readAnswer(await refresh(people.app, stolen.refresh_token));
    let { refresh_token: token } = await obtainTokens(people.app, browser, { scope: 'openid offline_access' });
    await people.pass(20);
    for (let turn = 0; turn < 10; turn += 1)
      ({ refresh_token: token } = await readAnswer(await refresh(people.app, token)));
    expect((await refresh(people.app, token)).status).toBe(429);
    await expectRefusal(await refresh(people.app, stolen.refresh_token), 'invalid_grant');
    await expectRefusal(await refresh(people.app, successor), 'invalid_grant');
  });

  test('T099: who names a public client elsewhere uses up nothing of its end-users', async () => {
    const form = { grant_type: 'refresh_token', client_id: 'app' };
    const refreshFrom = async (token: string, remoteAddress: string) =>
      people.app.request(
        '/token',
        {
          method: 'POST',
          headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams({ ...form, refresh_token: token }).toString(),
        },
        { remoteAddress },
      );
    let { refresh_token: token } = await obtainTokens(people.app, browser, { scope: 'openid offline_access' });
    for (let turn = 0; turn < 10; turn += 1)
      ({ refresh_token: token } = await readAnswer(await refreshFrom(token, '192.0.2.1')));
    expect((await refreshFrom(token, '192.0.2.1')).status).toBe(429);
    expect((await refreshFrom(token, '192.0.2.2')).status).toBe(200);
  });
});
