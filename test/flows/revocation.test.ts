import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { cheapHasher, openPeople, type People, password, postForm } from '../people.ts';
import { addClient, addResource, basic, postToken, registeredResource, tokenAnswer } from '../test_provider.ts';
import { obtainTokens, readAnswer, refresh, type TokenAnswer } from '../token_requests.ts';
import { revoked, standing, verdictsOf } from './followed.ts';

let people: People;
const now = () => people.clock.now();
const verdicts = async (token: string) => {
  // As the entry's timer does.
  await people.revocations.refresh();
  return verdictsOf(token, people, registeredResource);
};

const scope = ['openid', 'offline_access', 'read', 'write'];

beforeAll(async () => {
  people = await openPeople({ passwordHasher: cheapHasher });
  await addResource(people.store, { statusList: true });
  await addClient(people.store, 'machine');
  await people.addClient('web', { scope, resources: [registeredResource] });
  await people.addClient('other', { scope, resources: [registeredResource] });
});

const machineToken = async (clientId = 'machine'): Promise<string> =>
  (
    await tokenAnswer(
      await postToken(people.app, { grant_type: 'client_credentials' }, { Authorization: basic(clientId) }),
    )
  ).access_token;

let visitors = 0;
/** Somebody new, with a token of the client `web` and one more after a refresh. */
const visit = async (overrides: Readonly<Record<string, string>> = {}) => {
  visitors += 1;
  const passwordHash = await cheapHasher.hash(password);
  const user = await people.addUser(`visitor-${visitors}`, { passwordHash });
  const browser = people.openBrowser();
  await browser.signIn(user.username);
  const ask = { client_id: 'web', scope: 'openid read', ...overrides };
  const tokens = await obtainTokens(people.app, browser, ask);
  const refreshed = await readAnswer(await refresh(people.app, tokens.refresh_token, { client_id: ask.client_id }));
  return { user, browser, tokens, refreshed, sid: String(decodeJwt(tokens.access_token).sid) };
};

type Visit = Awaited<ReturnType<typeof visit>>;

const endings: Readonly<Record<string, (visit: Visit) => Promise<unknown>>> = {
  'the revocation endpoint, by refresh token': ({ refreshed }) =>
    postForm(people.app, '/revoke', { client_id: 'web', token: refreshed.refresh_token }),
  'a session that ended': ({ sid }) => people.store.endSession(sid, now()),
  'a session the operator revoked': ({ sid }) => people.store.revokeSession(sid, now()),
  'a user the operator revoked': ({ user }) => people.store.revokeSubject(user.sub, now()),
  'a locked user': ({ user }) => people.store.lockUser(user.sub, now()),
  'a removed user': ({ user }) => people.store.removeUser(user.sub, now()),
  'a changed password': ({ user }) => people.store.setPassword(user.sub, 'cheap$new', now(), null),
  'withdrawn consent': ({ user }) => people.store.withdrawConsent(user.sub, 'web', now()),
  'a refresh token used again': async ({ tokens }) => {
    await people.pass(11);
    return refresh(people.app, tokens.refresh_token, { client_id: 'web' });
  },
};

describe('what ends tokens at the issuer reaches verifiers, by status list and by feed', () => {
  test('a token has a place in a status list where its resource wants one, and its jti is unique', async () => {
    const [one, other] = [decodeJwt(await machineToken()), decodeJwt(await machineToken())];
    expect(one.status).toEqual({
      status_list: {
        idx: expect.any(Number),
        uri: expect.stringMatching(/^https:\/\/id\.example\.com\/status-lists\/[\w-]{16}$/),
      },
    });
    expect(one.jti).not.toBe(other.jti);
    expect(one.status).not.toEqual(other.status);
  });

  test.each(Object.keys(endings))("%s: both tokens of the family are refused, nobody else's", async (name) => {
    const [ended, untouched] = [await visit(), await visit()];
    expect(await verdicts(ended.tokens.access_token)).toEqual(standing);
    expect(await verdicts(ended.refreshed.access_token)).toEqual(standing);
    await endings[name]?.(ended);
    expect(await verdicts(ended.tokens.access_token)).toEqual(revoked);
    expect(await verdicts(ended.refreshed.access_token)).toEqual(revoked);
    expect(await verdicts(untouched.tokens.access_token)).toEqual(standing);
    expect(await verdicts(untouched.refreshed.access_token)).toEqual(standing);
  });

  test('the revocation endpoint, by access token: that one alone', async () => {
    const { tokens, refreshed } = await visit();
    await postForm(people.app, '/revoke', { client_id: 'web', token: tokens.access_token });
    expect(await verdicts(tokens.access_token)).toEqual(revoked);
    expect(await verdicts(refreshed.access_token)).toEqual(standing);
  });

  test('a session that ends leaves the offline families it began, until the operator revokes it', async () => {
    const { tokens, sid } = await visit({ scope: 'openid offline_access read' });
    await people.store.endSession(sid, now());
    expect(await verdicts(tokens.access_token)).toEqual(standing);
    expect(await people.store.revokeSession(sid, now())).toBe(true);
    expect(await verdicts(tokens.access_token)).toEqual(revoked);
    expect(await people.store.revokeSession(sid, now())).toBe(false);
  });

  test('a user may sign in again in the very second of a revocation, and those tokens stand', async () => {
    const { user, tokens } = await visit();
    await people.store.revokeSubject(user.sub, now());
    const browser = people.openBrowser();
    await browser.signIn(user.username);
    const again = await obtainTokens(people.app, browser, { client_id: 'web', scope: 'openid read' });
    expect(await verdicts(tokens.access_token)).toEqual(revoked);
    expect(await verdicts(again.access_token)).toEqual(standing);
  });
});

describe('a client revoked', () => {
  test("every token it has is refused, its end-users' too; the next one stands, in the same second", async () => {
    await addClient(people.store, 'twice');
    const [first, second] = [await machineToken('twice'), await machineToken('twice')];
    const others = await machineToken();
    expect(await people.store.revokeClient('twice', now())).toBe(true);
    const third = await machineToken('twice');
    await people.store.revokeClient('twice', now());
    const fourth = await machineToken('twice');
    for (const token of [first, second, third]) expect(await verdicts(token)).toEqual(revoked);
    expect(await verdicts(others)).toEqual(standing);
    expect(decodeJwt(fourth).iat).toBe(now() + 2);
    await people.pass(2);
    expect(await verdicts(fourth)).toEqual(standing);
  });

  test("its end-users' tokens are refused, those of another client are not, and its refresh tokens are gone", async () => {
    const { tokens } = await visit({ client_id: 'other' });
    const untouched = await visit();
    await people.store.revokeClient('other', now());
    expect(await verdicts(tokens.access_token)).toEqual(revoked);
    expect(await verdicts(untouched.tokens.access_token)).toEqual(standing);
    const answer: TokenAnswer = await readAnswer(
      await refresh(people.app, tokens.refresh_token, { client_id: 'other' }),
    );
    expect(answer.error).toBe('invalid_grant');
  });

  test('removed and added again under its name, in one second: the old tokens stay revoked, the new stand', async () => {
    await addClient(people.store, 'again');
    const before = await machineToken('again');
    await people.store.removeClient('again');
    await addClient(people.store, 'again');
    const after = await machineToken('again');
    expect(await verdicts(before)).toEqual(revoked);
    await people.pass(1);
    expect(await verdicts(after)).toEqual(standing);
  });

  test('introspection refuses its tokens at once', async () => {
    await addClient(people.store, 'introspected');
    const introspect = async (token: string) =>
      (await (
        await postForm(people.app, '/introspect', { token }, { Authorization: basic('introspected') })
      ).json()) as { readonly active: boolean };
    const token = await machineToken('introspected');
    expect(await introspect(token)).toMatchObject({ active: true });
    await people.store.revokeClient('introspected', now());
    expect(await introspect(token)).toEqual({ active: false });
  });
});
