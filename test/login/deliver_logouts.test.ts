import { randomUUID } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createNodeOutboundHttp } from '../../src/adapters/node_outbound_http.ts';
import { deliverLogouts } from '../../src/login/deliver_logouts.ts';
import { OutboundRefusedError } from '../../src/seams/outbound_http.ts';
import { makeSession, startFamily } from '../contracts/records.ts';
import { cheapHasher, openPeople, type People, password } from '../people.ts';
import { askUserinfo, expectRefusal, obtainTokens, readAnswer, refresh } from '../token_requests.ts';

const uri = 'https://app.example.com/backchannel';
const out = 'https://app.example.com/signed-out';
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';
const day = 86_400;

interface Sent {
  readonly url: string;
  readonly token: string;
}

let people: People;
/** Her `sub`. */
let ada: string;
let sent: Sent[] = [];
/** How the client's server answers. */
let answer: () => number = () => 200;

beforeAll(async () => {
  people = await openPeople({
    passwordHasher: cheapHasher,
    outboundHttp: {
      mostAtOnce: 40,
      postForm: async (url, form) => {
        expect(Object.keys(form)).toEqual(['logout_token']);
        sent.push({ url, token: form.logout_token ?? '' });
        return answer();
      },
    },
  });
  await people.addClient('told', { backchannelLogoutUri: uri, postLogoutRedirectUris: [out] });
  await people.addClient('told-es256', {
    backchannelLogoutUri: `${uri}/es256`,
    idTokenSignedResponseAlg: 'ES256',
    backchannelLogoutSessionRequired: true,
  });
  await people.addClient('untold');
  ada = (await people.store.findUserByLogin('ada'))?.sub ?? '';
});

beforeEach(async () => {
  await people.pass(day);
  answer = () => 200;
  await deliverLogouts(people);
  sent = [];
  (people.records as unknown[]).length = 0;
});

afterAll(() => people.store.close());

/** A session that gave tokens to each client and ended: a delivery for each is due. @returns its sid. */
const endSession = async (...clientIds: readonly string[]): Promise<string> => {
  const [sid, { store, clock }] = [randomUUID(), people];
  await store.addSession(makeSession(sid, { sub: ada }), null);
  for (const clientId of clientIds) await startFamily(store, randomUUID(), { clientId, sub: ada, sid });
  await store.endSession(sid, clock.now());
  return sid;
};

/** Delivers second by second. @returns the seconds at which something was sent. */
const deliverFor = async (seconds: number): Promise<readonly number[]> => {
  const at: number[] = [];
  for (let second = 0; second < seconds; second += 1) {
    const before = sent.length;
    await deliverLogouts(people);
    if (sent.length > before) at.push(second);
    await people.pass(1);
  }
  return at;
};

describe('the logout token, OpenID Connect Back-Channel Logout 1.0 §2.4', () => {
  test('T095: it has an event, its own typ and a short life; it has no nonce, and its jti is its own', async () => {
    const sid = await endSession('told', 'told-es256');
    await deliverLogouts(people);
    expect(sent.map(({ url }) => url).toSorted()).toEqual([uri, `${uri}/es256`]);
    const jwks = (await (await people.app.request('/.well-known/jwks.json')).json()) as JSONWebKeySet;
    const seen = new Set<unknown>();
    for (const { url, token } of sent) {
      const audience = url === uri ? 'told' : 'told-es256';
      const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(jwks), {
        ...{ audience, issuer: people.config.issuer, typ: 'logout+jwt' },
        currentDate: new Date(people.clock.now() * 1000),
      });
      expect(protectedHeader.alg).toBe(url === uri ? 'RS256' : 'ES256');
      expect(payload).toEqual({
        iss: people.config.issuer,
        sub: ada,
        aud: audience,
        iat: people.clock.now(),
        exp: people.clock.now() + 120,
        jti: expect.any(String),
        events: { [logoutEvent]: {} },
        sid,
      });
      seen.add(payload.jti);
    }
    expect(seen.size).toBe(2);
  });

  test('T095: the same delivery tried again has another jti', async () => {
    answer = () => 500;
    await endSession('told');
    await deliverFor(30);
    expect(sent.length).toBeGreaterThan(1);
    expect(new Set(sent.map(({ token }) => decodeJwt(token).jti)).size).toBe(sent.length);
  });

  test('where the end-user is gone it names them alone, or each session where the client insists', async () => {
    const { sub } = await people.addUser('grace');
    const browser = people.openBrowser();
    await browser.signIn('grace');
    const { id_token: idToken } = await obtainTokens(people.app, browser, { client_id: 'told' });
    await obtainTokens(people.app, browser, { client_id: 'told-es256' });
    await people.store.removeUser(sub, people.clock.now());
    await deliverLogouts(people);
    const claims = sent
      .map(({ token }) => decodeJwt(token))
      .toSorted((a, b) => (String(a.aud) < String(b.aud) ? -1 : 1));
    expect(claims).toMatchObject([
      { aud: 'told', sub },
      { aud: 'told-es256', sub, sid: decodeJwt(idToken).sid },
    ]);
    expect(claims[0]).not.toHaveProperty('sid');
  });

  test('T095: it is taken for no other kind of token', async () => {
    await endSession('told');
    await deliverLogouts(people);
    const token = sent[0]?.token ?? '';
    expect((await askUserinfo(people.app, token)).status).toBe(401);
    const leading = { id_token_hint: token, post_logout_redirect_uri: out };
    const { status, location } = await people.openBrowser().get(`/logout?${new URLSearchParams(leading)}`);
    expect({ status, location }).toEqual({ status: 200, location: '' });
  });
});

describe('telling clients, again and again, §2.5, §2.8', () => {
  test('the clients that got tokens in the session are told once it ends, and only they', async () => {
    const browser = people.openBrowser();
    await browser.signIn();
    const tokens = await obtainTokens(people.app, browser, { client_id: 'told' });
    await obtainTokens(people.app, browser, { client_id: 'untold' });
    const { sid, sub } = decodeJwt(tokens.id_token);
    await browser.get(`/logout?${new URLSearchParams({ id_token_hint: tokens.id_token })}`);
    expect(await deliverLogouts(people)).toBe(1);
    expect(sent.map(({ url }) => url)).toEqual([uri]);
    expect(decodeJwt(sent[0]?.token ?? '')).toMatchObject({ sid, sub, aud: 'told' });
    expect(await deliverLogouts(people)).toBe(0);
  });

  test.each([
    {
      page: 'a session ended',
      username: 'hedy',
      path: '/account/sessions',
      form: (sid: string) => ({ sid }),
    },
    {
      page: 'a new password',
      username: 'joan',
      path: '/account/password',
      form: () => ({ current_password: password, new_password: 'nine yellow rhinoceroses' }),
    },
  ])('$page on the account page is told to the clients of the other session', async ({ username, path, form }) => {
    await people.addUser(username);
    const [away, here] = [people.openBrowser(), people.openBrowser()];
    for (const browser of [away, here]) await browser.signIn(username);
    const tokens = await obtainTokens(people.app, away, { client_id: 'told' });
    await obtainTokens(people.app, here, { client_id: 'told-es256' });
    const { sub, sid } = decodeJwt(tokens.id_token);
    const csrf = (await here.get('/account')).field('csrf');
    expect((await here.post(path, { csrf, account: String(sub), ...form(String(sid)) })).status).toBe(303);
    await deliverLogouts(people);
    expect(sent.map(({ token }) => decodeJwt(token))).toMatchObject([{ aud: 'told', sub, sid }]);
  });

  test.each([200, 204])('%d is taken: nothing more is sent', async (status) => {
    answer = () => status;
    await endSession('told');
    expect(await deliverFor(60)).toEqual([0]);
  });

  test('400 is a refusal: the client understood, and will not take it', async () => {
    answer = () => 400;
    await endSession('told');
    expect(await deliverFor(60)).toEqual([0]);
  });

  test.each([302, 404, 429, 500, 503])('%d is tried again: 10 s later, then 20, 40', async (status) => {
    answer = () => status;
    await endSession('told');
    expect(await deliverFor(80)).toEqual([0, 10, 30, 70]);
  });

  test('it is given up after eight attempts', async () => {
    answer = () => {
      throw new Error('connection refused');
    };
    await endSession('told');
    for (let turn = 0; turn < 20; turn += 1) {
      await deliverLogouts(people);
      await people.pass(3600);
    }
    expect(sent).toHaveLength(8);
    answer = () => 200;
    await people.pass(30 * day);
    expect(await deliverLogouts(people)).toBe(0);
  });

  test('what a node that does not sign cannot send is not tried, and has all its attempts when it signs again', async () => {
    await endSession('told');
    answer = () => 503;
    people.clock.advance(people.config.policy.snapshotSeconds + 1);
    for (let attempt = 0; attempt < 9; attempt += 1) {
      await deliverLogouts(people).catch(() => undefined);
      people.clock.advance(10);
    }
    expect(sent).toEqual([]);
    await people.keyRing.refresh();
    expect(await deliverFor(31)).toEqual([0, 10, 30]);
  });

  test('it is taken at last by a client that was away for a while', async () => {
    answer = () => (sent.length < 3 ? 503 : 200);
    await endSession('told');
    await deliverFor(200);
    expect(sent).toHaveLength(3);
  });

  test('T115: a target that may not be asked is given up at once', async () => {
    answer = () => {
      throw new OutboundRefusedError('https://10.0.0.1 is not a public address.');
    };
    await endSession('told');
    expect(await deliverFor(60)).toEqual([0]);
  });

  test('T115: the real adapter refuses a private target, and the log says so without the token', async () => {
    await people.addClient('inward', { backchannelLogoutUri: 'https://169.254.169.254/latest/meta-data' });
    await endSession('inward');
    const outboundHttp = createNodeOutboundHttp(false);
    expect(await deliverLogouts({ ...people, outboundHttp })).toBe(1);
    await people.pass(day);
    expect(await deliverLogouts({ ...people, outboundHttp })).toBe(0);
    const [record] = people.records.filter(({ fields }) => fields.client_id === 'inward');
    expect(record?.fields.reason).toBe('https://169.254.169.254 is not a public address.');
    expect(JSON.stringify(people.records)).not.toContain('eyJ');
  });

  test('a client that is gone, or wants to know no more, is told nothing', async () => {
    await people.addClient('passing', { backchannelLogoutUri: uri });
    await endSession('untold', 'passing');
    await people.store.removeClient('passing');
    expect(await deliverFor(60)).toEqual([]);
  });

  test('one client that hangs or fails keeps no other from being told', async () => {
    await people.addClient('failing', { backchannelLogoutUri: 'https://failing.example.com/' });
    answer = () => {
      if (sent.at(-1)?.url.includes('failing')) throw new Error('reset');
      return 200;
    };
    const sids: string[] = [];
    for (let turn = 0; turn < 10; turn += 1) sids.push(await endSession('failing', 'told'));
    await deliverLogouts(people);
    const told = sent.filter(({ url }) => url === uri).map(({ token }) => decodeJwt(token).sid);
    expect(told.toSorted()).toEqual(sids.toSorted());
  });

  test('all that is due is sent in one run, however much it is', async () => {
    for (let turn = 0; turn < 90; turn += 1) await endSession('told');
    expect(await deliverLogouts(people)).toBe(90);
    expect(sent).toHaveLength(90);
  });

  test('of a client that gives no answer some are tried, the others wait and are given up with them', async () => {
    await people.addClient('silent', { backchannelLogoutUri: 'https://silent.example.com/' });
    answer = () => {
      if (sent.at(-1)?.url.includes('silent')) throw new Error('timeout');
      return 200;
    };
    for (let turn = 0; turn < 90; turn += 1) await endSession('silent');
    await endSession('told');
    const tried = await deliverLogouts(people);
    // Each of the four lanes had taken ten before the first was silent.
    expect([tried, sent.filter(({ url }) => url === uri).length]).toEqual([41, 1]);
    for (let attempt = 0; attempt < 8; attempt += 1) {
      await people.pass(3600);
      await deliverLogouts(people);
    }
    sent = [];
    await people.pass(30 * day);
    expect(await deliverLogouts(people)).toBe(0);
  });

  test('two nodes send a delivery once', async () => {
    for (let turn = 0; turn < 5; turn += 1) await endSession('told');
    await Promise.all([deliverLogouts(people), deliverLogouts(people), deliverLogouts(people)]);
    expect(sent).toHaveLength(5);
  });
});

test('who let its refreshing run out is told all the same when the session ends, as long as that lasts', async () => {
  const environment = { KEYTURN_REFRESH_FAMILY_SECONDS: '3600' };
  const { store, clock, ...rest } = await openPeople({ environment, passwordHasher: cheapHasher });
  for (const [clientId, scope] of [
    ['bound', 'openid'],
    ['offline', 'openid offline_access'],
  ] as const) {
    await rest.addClient(clientId, { backchannelLogoutUri: uri });
    const tokens = await obtainTokens(rest.app, rest.openBrowser(), { client_id: clientId, scope });
    await rest.pass(3599);
    const asked = { client_id: clientId };
    const { refresh_token } = await readAnswer(await refresh(rest.app, tokens.refresh_token, asked));
    await rest.pass(1);
    await expectRefusal(await refresh(rest.app, refresh_token, asked), 'invalid_grant');
  }
  clock.advance(10 * day);
  await store.removeExpired(clock.now(), clock.now() - day);
  const { sub = '' } = (await store.findUserByLogin('ada')) ?? {};
  for (const { sid } of await store.listSessions(sub)) await store.endSession(sid, clock.now());
  const told = await store.takeLogoutDeliveries(clock.now(), clock.now(), 10);
  expect(told.map(({ clientId }) => clientId).sort()).toEqual(['bound', 'offline']);
  await store.close();
});
