import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Browser, cheapHasher, openPeople, type People, postForm } from '../people.ts';
import {
  askUserinfo,
  expectEnded,
  expectRefusal,
  obtainTokens,
  readAnswer,
  refresh,
  type TokenAnswer,
} from '../token_requests.ts';

let people: People;
let browser: Browser;

beforeAll(async () => {
  people = await openPeople({ passwordHasher: cheapHasher });
  await people.addClient('other', { redirectUris: ['https://other.example.com/callback'] });
  browser = people.openBrowser();
});

afterAll(() => people.store.close());

const startFamily = (): Promise<TokenAnswer> =>
  obtainTokens(people.app, browser, { scope: 'openid profile offline_access' });

const revoke = (token: string, clientId = 'app', headers: Readonly<Record<string, string>> = {}) =>
  postForm(people.app, '/revoke', { token, client_id: clientId }, headers);

/** 200 and JSON that says nothing, as whatever was revoked: simple-oauth2 and others parse what they are to ignore. */
const expectTaken = async (response: Response): Promise<void> => {
  expect([response.status, await response.text()]).toEqual([200, '{}']);
  expect(response.headers.get('Content-Type')).toBe('application/json');
  expect(response.headers.get('Cache-Control')).toBe('no-store');
};

describe('revocation, RFC 7009', () => {
  test('a refresh token is revoked with all that came of its authorization', async () => {
    const tokens = await startFamily();
    await expectTaken(await revoke(tokens.refresh_token));
    await expectEnded(people.app, tokens);
    const [event] = await people.store.listAudit({ type: 'family.ended', limit: 1 });
    expect(event?.details.reason).toBe('revoked_by_client');
  });

  test('a spent refresh token revokes its family too: the client may have lost its successor', async () => {
    const tokens = await startFamily();
    const second = await readAnswer(await refresh(people.app, tokens.refresh_token));
    await expectTaken(await revoke(tokens.refresh_token));
    await expectEnded(people.app, second);
    await expectRefusal(await refresh(people.app, tokens.refresh_token), 'invalid_grant');
  });

  test('an access token is revoked alone', async () => {
    const tokens = await startFamily();
    await expectTaken(await revoke(tokens.access_token));
    expect((await askUserinfo(people.app, tokens.access_token)).status).toBe(401);
    const second = await readAnswer(await refresh(people.app, tokens.refresh_token));
    expect((await askUserinfo(people.app, second.access_token)).status).toBe(200);
  });

  test.each(['access_token', 'refresh_token'] as const)(
    'a node whose clock is wrong says 503, and not that the %s is revoked',
    async (kind) => {
      const tokens = await startFamily();
      people.clock.advance(7200);
      await expectRefusal(await revoke(tokens[kind]), 'temporarily_unavailable', 503);
      await people.pass(-7200);
      await expectTaken(await revoke(tokens[kind]));
      expect((await askUserinfo(people.app, tokens.access_token)).status).toBe(401);
    },
  );

  test('T078: revoking another client’s token is 200 and changes nothing', async () => {
    const tokens = await startFamily();
    await expectTaken(await revoke(tokens.access_token, 'other'));
    await expectTaken(await revoke(tokens.refresh_token, 'other'));
    expect((await askUserinfo(people.app, tokens.access_token)).status).toBe(200);
    expect((await refresh(people.app, tokens.refresh_token)).status).toBe(200);
  });

  test('T078: a token that is unknown, malformed, an ID token or revoked before is 200 as well', async () => {
    const tokens = await startFamily();
    for (const token of ['unknown', 'a.b.c', '..', tokens.id_token, `${tokens.access_token}x`])
      await expectTaken(await revoke(token));
    expect((await askUserinfo(people.app, tokens.access_token)).status).toBe(200);
    for (const _ of [1, 2]) await expectTaken(await revoke(tokens.refresh_token));
    for (const _ of [1, 2]) await expectTaken(await revoke(tokens.access_token));
  });

  test('a wrong token_type_hint changes nothing (RFC 7009 §2.1)', async () => {
    const tokens = await startFamily();
    const form = { token: tokens.refresh_token, client_id: 'app', token_type_hint: 'access_token' };
    await expectTaken(await postForm(people.app, '/revoke', form));
    await expectEnded(people.app, tokens);
  });

  test('revoking during a refresh leaves nothing that is good', async () => {
    for (let round = 0; round < 10; round += 1) {
      const tokens = await startFamily();
      const [refreshed] = await Promise.all([refresh(people.app, tokens.refresh_token), revoke(tokens.refresh_token)]);
      const latest = refreshed.status === 200 ? await readAnswer(refreshed) : tokens;
      await expectEnded(people.app, latest);
    }
  });

  test('T080: many at once end a family once', async () => {
    const tokens = await startFamily();
    const ended = async () => (await people.store.listAudit({ type: 'family.ended', limit: 100 })).length;
    const before = await ended();
    const responses = await Promise.all(Array.from({ length: 20 }, () => revoke(tokens.refresh_token)));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await ended()) - before).toBe(1);
  });

  test('a client that is not known, and a request without a token, are refused', async () => {
    await expectRefusal(await revoke('x', 'nobody'), 'invalid_client', 401);
    await expectRefusal(await revoke(''), 'invalid_request');
    expect((await people.app.request('/revoke')).status).toBe(405);
  });
});
