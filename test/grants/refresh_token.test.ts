import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { type Store, StoreUnavailableError } from '../../src/seams/store.ts';
import { type Browser, cheapHasher, obtainCode, openPeople, type People, password, redeem } from '../people.ts';
import { databasePathIn, makeFolder, removeFolder } from '../running_server.ts';
import { addResource } from '../test_provider.ts';
import {
  askUserinfo,
  expectEnded,
  expectRefusal,
  obtainTokens,
  readAnswer,
  refresh,
  type TokenAnswer,
} from '../token_requests.ts';

const idleSeconds = 3600;
const familySeconds = 7200;
const retrySeconds = 10;
const environment = {
  KEYTURN_REFRESH_TOKEN_SECONDS: `${idleSeconds}`,
  KEYTURN_REFRESH_FAMILY_SECONDS: `${familySeconds}`,
};
const kekRing = JSON.stringify({
  keys: [{ kty: 'oct', kid: 'kek', k: randomBytes(32).toString('base64url') }],
});
const offline = 'openid profile offline_access';
const folder = makeFolder();
const databasePath = databasePathIn(folder);

let people: People;
/** Two more nodes on the same database. */
let others: readonly [People, People];
let browser: Browser;
let reader: Database.Database;

const openNode = (): Promise<People> =>
  openPeople({
    environment,
    databasePath,
    kekRing,
    passwordHasher: cheapHasher,
    ...(people !== undefined && { clock: people.clock }),
  });

beforeAll(async () => {
  people = await openNode();
  others = [await openNode(), await openNode()];
  reader = new Database(databasePath, { readonly: true });
  await people.addClient('other');
  await addResource(people.store, { resource: 'https://api.example.com', scope: ['read', 'write'] });
  await people.addClient('api-app', {
    resources: ['https://api.example.com'],
    scope: ['openid', 'read', 'offline_access'],
  });
  browser = people.openBrowser();
});

beforeEach(() => {
  (people.records as unknown[]).length = 0;
});

afterAll(async () => {
  reader.close();
  for (const node of [people, ...others]) await node.store.close();
  removeFolder(folder);
});

/** Time goes by on every node. */
const pass = async (seconds: number): Promise<void> => {
  await people.pass(seconds);
  for (const { keyRing } of others) await keyRing.refresh();
};

const startFamily = (scope = offline): Promise<TokenAnswer> => obtainTokens(people.app, browser, { scope });

const familyOf = ({ access_token }: TokenAnswer): string => String(decodeJwt(access_token).family_id);

/** How many refresh tokens of a family have not been used. */
const liveChildren = (tokens: TokenAnswer): number =>
  reader
    .prepare('select count(*) from refresh_token where family_id = ? and used_at is null')
    .pluck()
    .get(familyOf(tokens)) as number;

const refreshed = async (refreshToken: string, app: App = people.app): Promise<TokenAnswer> => {
  const response = await refresh(app, refreshToken);
  expect(response.status).toBe(200);
  return readAnswer(response);
};

const endReason = async (tokens: TokenAnswer): Promise<string | null | undefined> =>
  (await people.store.findFamily(familyOf(tokens)))?.endReason;

describe('a refresh token used again, RFC 9700 §4.14.2', () => {
  test('each use gives a new one', async () => {
    const first = await startFamily();
    const second = await refreshed(first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.scope).toBe(first.scope);
    expect((await askUserinfo(people.app, second.access_token)).status).toBe(200);
    expect(liveChildren(first)).toBe(1);
  });

  test('T079: after the retry window the whole family ends, and that is recorded', async () => {
    const first = await startFamily();
    const second = await refreshed(first.refresh_token);
    await pass(retrySeconds);
    await expectRefusal(await refresh(people.app, first.refresh_token), 'invalid_grant');
    await expectEnded(people.app, second);
    const [event] = await people.store.listAudit({ type: 'family.ended', limit: 1 });
    expect(event).toMatchObject({
      clientId: 'app',
      details: { family_id: familyOf(first), reason: 'refresh_token_reused' },
    });
    expect(people.records.map(({ message }) => message)).toContain('a spent code or refresh token was used again');
  });

  test('T079: a token of long ago ends the family too, and another family of the same end-user goes on', async () => {
    const [first, elsewhere] = [await startFamily(), await startFamily()];
    let latest = first;
    for (let turn = 0; turn < 4; turn += 1) latest = await refreshed(latest.refresh_token);
    await pass(retrySeconds + 1);
    await expectRefusal(await refresh(people.app, first.refresh_token), 'invalid_grant');
    await expectEnded(people.app, latest);
    await refreshed(elsewhere.refresh_token);
  });

  test('T081: the same answer again within the retry window, to the letter', async () => {
    const first = await startFamily();
    const lost = await (await refresh(people.app, first.refresh_token)).text();
    await pass(retrySeconds - 1);
    const again = await refresh(people.app, first.refresh_token);
    expect([again.status, await again.text()]).toEqual([200, lost]);
    expect(again.headers.get('Cache-Control')).toBe('no-store');
    expect(liveChildren(first)).toBe(1);
    const found = JSON.parse(lost) as TokenAnswer;
    await refreshed(found.refresh_token);
  });

  test('T081: another node gives the same answer again', async () => {
    const first = await startFamily();
    const lost = await refreshed(first.refresh_token);
    expect(await refreshed(first.refresh_token, others[0].app)).toEqual(lost);
  });

  test('T081: an answer is not given again once its family ended', async () => {
    const first = await startFamily();
    const second = await refreshed(first.refresh_token);
    await people.store.endFamily(familyOf(second), 'a test', people.clock.now());
    await expectRefusal(await refresh(people.app, first.refresh_token), 'invalid_grant');
  });

  test('T081: an answer is not given again with a scope that was not granted', async () => {
    const first = await startFamily('openid offline_access');
    await refreshed(first.refresh_token);
    await expectRefusal(await refresh(people.app, first.refresh_token, { scope: 'openid email' }), 'invalid_scope');
  });

  test.each([2, 10, 100])('T080: %d at once, on one node, get one answer', async (count) => {
    const first = await startFamily();
    const responses = await Promise.all(Array.from({ length: count }, () => refresh(people.app, first.refresh_token)));
    const bodies = new Set(await Promise.all(responses.map((response) => response.text())));
    expect(responses.map(({ status }) => status)).toEqual(Array(count).fill(200));
    expect(bodies.size).toBe(1);
    expect(liveChildren(first)).toBe(1);
  });

  test.each([3, 30, 99])('T080: %d at once, on three nodes, get one answer', async (count) => {
    const first = await startFamily();
    const apps = [people.app, ...others.map(({ app }) => app)];
    const responses = await Promise.all(
      Array.from({ length: count }, (_, turn) => refresh(apps[turn % 3] ?? people.app, first.refresh_token)),
    );
    const bodies = new Set(await Promise.all(responses.map((response) => response.text())));
    expect(responses.map(({ status }) => status)).toEqual(Array(count).fill(200));
    expect(bodies.size).toBe(1);
    expect(liveChildren(first)).toBe(1);
  });

  test('T080: a race that is run again and again leaves one lineage', async () => {
    const first = await startFamily();
    let latest = first;
    for (let round = 0; round < 10; round += 1) {
      const { refresh_token } = latest;
      const answers = await Promise.all([people, ...others].map(({ app }) => refreshed(refresh_token, app)));
      expect(new Set(answers.map(({ refresh_token: successor }) => successor)).size).toBe(1);
      latest = answers[0] ?? latest;
      expect(liveChildren(first)).toBe(1);
    }
  });

  test('T084: reuse is seen after a restart', async () => {
    const first = await startFamily();
    const second = await refreshed(first.refresh_token);
    await pass(retrySeconds);
    const restarted = await openNode();
    await expectRefusal(await refresh(restarted.app, first.refresh_token), 'invalid_grant');
    await restarted.store.close();
    await expectEnded(people.app, second);
    expect(await endReason(second)).toBe('refresh_token_reused');
  });

  test('T084: reuse is seen after what expired was swept away', async () => {
    const first = await startFamily();
    const second = await refreshed(first.refresh_token);
    await pass(idleSeconds - 1);
    const third = await refreshed(second.refresh_token);
    await pass(idleSeconds - 1);
    await people.store.removeExpired(people.clock.now());
    await expectRefusal(await refresh(people.app, first.refresh_token), 'invalid_grant');
    await expectEnded(people.app, third);
  });
});

describe('a store that fails', () => {
  /** The same node with a store that cannot rotate just now. */
  const failing = (rotateRefreshToken: Store['rotateRefreshToken']): App =>
    createApp({ ...people, store: { ...people.store, rotateRefreshToken } });

  test('T082: a rotation that fails is 503 with Retry-After, and the token is as good as before', async () => {
    const first = await startFamily();
    const app = failing(async () => {
      throw new StoreUnavailableError('the disk is full');
    });
    const response = await refresh(app, first.refresh_token);
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await response.clone().text()).not.toContain('disk');
    await expectRefusal(response, 'temporarily_unavailable', 503);
    await pass(retrySeconds + 1);
    await refreshed(first.refresh_token);
    expect(liveChildren(first)).toBe(1);
  });

  test('T082: a rotation that was committed though it seemed to fail is answered on the next try', async () => {
    const first = await startFamily();
    const app = failing(async (rotation) => {
      await people.store.rotateRefreshToken(rotation);
      throw new StoreUnavailableError('the answer was lost');
    });
    await expectRefusal(await refresh(app, first.refresh_token), 'temporarily_unavailable', 503);
    const second = await refreshed(first.refresh_token);
    await refreshed(second.refresh_token);
    expect(liveChildren(first)).toBe(1);
  });

  test('T082: a code is as good as before when its redemption fails', async () => {
    const code = await obtainCode(browser, { scope: offline });
    const redeemCode: Store['redeemCode'] = async () => {
      throw new StoreUnavailableError('the disk is full');
    };
    const app = createApp({ ...people, store: { ...people.store, redeemCode } });
    await expectRefusal(await redeem(app, code), 'temporarily_unavailable', 503);
    expect((await redeem(people.app, code)).status).toBe(200);
  });

  test('T083: however many refused refreshes, each is invalid_grant and none hides behind a 429', async () => {
    const responses = await Promise.all(Array.from({ length: 200 }, () => refresh(people.app, 'unknown')));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([400]));
  });
});

describe('how long a family lasts', () => {
  test('T085: a token that lay idle too long is invalid_grant', async () => {
    const [timely, late] = [await startFamily(), await startFamily()];
    await pass(idleSeconds - 1);
    await refreshed(timely.refresh_token);
    await pass(1);
    await expectRefusal(await refresh(people.app, late.refresh_token), 'invalid_grant');
  });

  test('T085: a family ends at its time, however often it was used', async () => {
    let latest = await startFamily();
    for (let hour = 0; hour < 2; hour += 1) {
      await pass(idleSeconds - 1);
      latest = await refreshed(latest.refresh_token);
    }
    await pass(1);
    latest = await refreshed(latest.refresh_token);
    await pass(1);
    await expectRefusal(await refresh(people.app, latest.refresh_token), 'invalid_grant');
  });

  test('T085: without offline_access a family ends with the session, with it only the session does', async () => {
    const user = await people.addUser('alan');
    const visitor = people.openBrowser();
    await visitor.signIn('alan');
    const bound = await obtainTokens(people.app, visitor, { scope: 'openid' });
    const unbound = await obtainTokens(people.app, visitor, { scope: 'openid offline_access' });
    for (const { sid } of await people.store.listSessions(user.sub))
      await people.store.endSession(sid, people.clock.now());
    await expectEnded(people.app, bound);
    await refreshed(unbound.refresh_token);
  });

  const endings = [
    { ending: 'a changed password', how: (sub: string) => people.store.setPassword(sub, 'cheap$new', now(), null) },
    { ending: 'a locked account', how: (sub: string) => people.store.lockUser(sub, now()) },
    {
      ending: 'an account locked and unlocked',
      how: async (sub: string) => {
        await people.store.lockUser(sub, now());
        await people.store.unlockUser(sub);
      },
    },
    { ending: 'a removed account', how: (sub: string) => people.store.removeUser(sub, now()) },
    { ending: 'withdrawn consent', how: (sub: string) => people.store.withdrawConsent(sub, 'app', now()) },
  ];
  const now = (): number => people.clock.now();

  test.each(endings)('T085: $ending ends a family on every node, and the retry window with it', async (ending) => {
    const user = await people.addUser(`user-${randomBytes(6).toString('hex')}`);
    const visitor = people.openBrowser();
    await visitor.signIn(user.username);
    const first = await obtainTokens(people.app, visitor, { scope: offline });
    const second = await refreshed(first.refresh_token);
    await ending.how(user.sub);
    await expectRefusal(await refresh(people.app, first.refresh_token), 'invalid_grant');
    for (const { app } of [people, ...others]) await expectEnded(app, second);
  });

  test('T085: a changed password on the account page ends every family, of this browser too', async () => {
    const user = await people.addUser('radia');
    const visitor = people.openBrowser();
    await visitor.signIn('radia');
    const tokens = await obtainTokens(people.app, visitor, { scope: offline });
    const page = await visitor.get('/account');
    const form = { csrf: page.field('csrf'), current_password: password, new_password: 'another long passphrase' };
    const changed = await visitor.post('/account/password', form);
    expect(changed.location).toBe('/account?done=password_changed');
    expect((await people.store.findUser(user.sub))?.passwordHash).toBe('cheap$another long passphrase');
    await expectEnded(people.app, tokens);
  });

  test('T085: a removed client ends its families, and one added under its name does not find them', async () => {
    await people.addClient('passing');
    const tokens = await obtainTokens(people.app, browser, { client_id: 'passing', scope: offline });
    await people.store.removeClient('passing');
    const asked = { client_id: 'passing' };
    await expectRefusal(await refresh(people.app, tokens.refresh_token, asked), 'invalid_client', 401);
    await people.addClient('passing');
    await expectRefusal(await refresh(people.app, tokens.refresh_token, asked), 'invalid_grant');
    expect((await askUserinfo(people.app, tokens.access_token)).status).toBe(401);
  });
});

describe('whose a refresh token is', () => {
  test('T086: another client’s refresh is invalid_grant and changes nothing', async () => {
    const first = await startFamily();
    await expectRefusal(await refresh(people.app, first.refresh_token, { client_id: 'other' }), 'invalid_grant');
    const second = await refreshed(first.refresh_token);
    await expectRefusal(await refresh(people.app, first.refresh_token, { client_id: 'other' }), 'invalid_grant');
    await pass(retrySeconds);
    await expectRefusal(await refresh(people.app, first.refresh_token, { client_id: 'other' }), 'invalid_grant');
    await refreshed(second.refresh_token);
  });

  test('T074: a refresh may ask for less, never for more, and less is not kept', async () => {
    const first = await startFamily();
    const narrow = await readAnswer(await refresh(people.app, first.refresh_token, { scope: 'openid' }));
    expect(narrow.scope).toBe('openid');
    await expectRefusal(
      await refresh(people.app, narrow.refresh_token, { scope: `${offline} email` }),
      'invalid_scope',
    );
    expect((await refreshed(narrow.refresh_token)).scope).toBe(offline);
  });

  test('T074: a refresh may name its own resource, never another', async () => {
    const asked = { client_id: 'api-app', scope: 'openid read offline_access' };
    const tokens = await obtainTokens(people.app, browser, asked);
    const named = (resource: string) => refresh(people.app, tokens.refresh_token, { client_id: 'api-app', resource });
    await expectRefusal(await named('https://other.example.com'), 'invalid_target');
    await expectRefusal(await named(people.config.issuer), 'invalid_target');
    await expectRefusal(
      await refresh(people.app, tokens.refresh_token, { client_id: 'api-app', scope: 'openid write' }),
      'invalid_scope',
    );
    const answer = await readAnswer(await named('https://api.example.com'));
    expect(decodeJwt(answer.access_token).aud).toBe('https://api.example.com');
  });

  test('a refresh without its token is invalid_request', async () => {
    const response = await refresh(people.app, '');
    await expectRefusal(response, 'invalid_request');
  });
});
