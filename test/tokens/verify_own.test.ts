import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashClientSecret } from '../../src/client_authentication/client_secret.ts';
import { signJwt, type TokenType } from '../../src/tokens/jws.ts';
import { standingAccessToken } from '../../src/tokens/standing_access_token.ts';
import { verifyOwnToken } from '../../src/tokens/verify_own.ts';
import { authorizePath, openPeople, type People, postForm } from '../people.ts';
import { basic, registeredSecret } from '../test_provider.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const spareBitSet = (segment: string): string =>
  segment.slice(0, -1) + alphabet[alphabet.indexOf(segment.at(-1) ?? '') + 1];

let people: People;
beforeAll(async () => {
  people = await openPeople();
});
afterAll(() => people.store.close());

const sign = (claims: object, typ: TokenType = 'at+jwt'): Promise<string> =>
  signJwt(
    typ,
    { iss: people.config.issuer, sub: 'ada', client_id: 'app', exp: people.clock.now() + 60, ...claims },
    people.keyRing.activeSigner('ES256').signer,
  );

describe('tokens this issuer signed, RFC 8725 §3', () => {
  test.each([
    ['padding', (segment: string) => `${segment}==`],
    ['a space', (segment: string) => `${segment} `],
    ['a line break within', (segment: string) => `${segment.slice(0, 9)}\r\n${segment.slice(9)}`],
    ['a tab before', (segment: string) => `\t${segment}`],
    ['a spare bit that is set', spareBitSet],
  ])('T009: one whose signature is written with %s is none', async (_, respell) => {
    const token = await sign({});
    const [header, payload, signature = ''] = token.split('.');
    expect(await verifyOwnToken(token, { typ: 'at+jwt' }, people)).toMatchObject({ sub: 'ada' });
    const respelled = `${header}.${payload}.${respell(signature)}`;
    expect(await verifyOwnToken(respelled, { typ: 'at+jwt' }, people)).toBeUndefined();
  });

  test.each([{}, { jti: null }, { jti: 1 }, { jti: [] }, { jti: ['x'] }, { jti: {} }])(
    'with %j it does not stand',
    async (claims) => {
      expect(await standingAccessToken(await sign(claims), people)).toBeUndefined();
    },
  );
});

test('T006: one with extensions that must be understood is refused, for ours have none', async () => {
  const { signer } = people.keyRing.activeSigner('ES256');
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: people.config.issuer, sub: 'ada', exp: people.clock.now() + 60 };
  const verified = async (extensions: object) => {
    const header = { alg: 'ES256', kid: signer.kid, typ: 'at+jwt', ...extensions };
    const input = `${encode(header)}.${encode(claims)}`;
    const token = `${input}.${Buffer.from(await signer.sign(input)).toString('base64url')}`;
    return verifyOwnToken(token, { typ: 'at+jwt' }, people);
  };
  expect(await verified({})).toMatchObject({ sub: 'ada' });
  expect(await verified({ crit: ['b64'], b64: true })).toBeUndefined();
});

describe('a token whose signature was proved before', () => {
  const asked = { typ: 'at+jwt' } as const;
  const provenBefore = async (provider: People) => {
    const { signer } = provider.keyRing.activeSigner('ES256');
    const exp = provider.clock.now() + 60;
    const token = await signJwt('at+jwt', { iss: provider.config.issuer, sub: 'ada', roles: ['a'], exp }, signer);
    expect(await verifyOwnToken(token, asked, provider)).toMatchObject({ sub: 'ada' });
    return { token, kid: signer.kid };
  };

  test('is refused once it has expired, but as a hint', async () => {
    const { token } = await provenBefore(people);
    expect(await verifyOwnToken(token, { typ: 'JWT' }, people)).toBeUndefined();
    await people.pass(60);
    expect(await verifyOwnToken(token, asked, people)).toBeUndefined();
    expect(await verifyOwnToken(token, { ...asked, expiredToo: true }, people)).toMatchObject({ sub: 'ada' });
  });

  test('is refused once its key is revoked, and by an issuer without that key', async () => {
    const own = await openPeople();
    const { token, kid } = await provenBefore(own);
    expect(await verifyOwnToken(token, asked, people)).toBeUndefined();
    const { databaseNow: revokedAt } = await own.store.readSigningKeys();
    await own.store.revokeSigningKey({ kid, reason: 'a test', revokedAt, promotedKid: null, successor: null });
    await own.keyRing.refresh();
    expect(await verifyOwnToken(token, asked, own)).toBeUndefined();
    await own.store.close();
  });

  test('is refused by whoever has the key and another name', async () => {
    const { token } = await provenBefore(people);
    const config = { ...people.config, issuer: 'https://evil.example' };
    expect(await verifyOwnToken(token, asked, { ...people, config })).toBeUndefined();
  });

  test('has claims of its own for each who asks', async () => {
    const { token } = await provenBefore(people);
    Object.assign((await verifyOwnToken(token, asked, people)) ?? {}, { roles: ['admin'] });
    expect((await verifyOwnToken(token, asked, people))?.roles).toEqual(['a']);
  });

  test('says nothing of one that differs in a character', async () => {
    const { token } = await provenBefore(people);
    const places = Array.from({ length: 40 }, (_, turn) => Math.floor((turn * token.length) / 40));
    for (const place of places) {
      const altered = token.slice(0, place) + (token[place] === 'A' ? 'B' : 'A') + token.slice(place + 1);
      expect(await verifyOwnToken(altered, asked, people)).toBeUndefined();
    }
  });
});

/** Lists in lists; made by hand, since JSON.stringify does not go so deep. */
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

/** Signed by the issuer's own key, and of what a token of its own never holds: the claim, as JSON. */
const signOdd = async (claim: string, json: string, typ: TokenType = 'at+jwt'): Promise<string> => {
  const { signer } = people.keyRing.activeSigner('ES256');
  const now = people.clock.now();
  const usual = {
    iss: people.config.issuer,
    sub: 'ada',
    aud: people.config.issuer,
    client_id: 'server',
    scope: 'openid',
  };
  const times = { exp: now + 60, iat: now, jti: `${claim}-${json.length}` };
  const { [claim]: _, ...rest } = { ...usual, ...times } as Record<string, unknown>;
  const encode = (text: string): string => Buffer.from(text).toString('base64url');
  const header = encode(JSON.stringify({ alg: 'ES256', kid: signer.kid, typ }));
  const input = `${header}.${encode(`${JSON.stringify(rest).slice(0, -1)},"${claim}":${json}}`)}`;
  return `${input}.${Buffer.from(await signer.sign(input)).toString('base64url')}`;
};

describe('T022: a token that our key signed and we did not make is refused, and nothing breaks on it', () => {
  const claims = [
    'x',
    'sub',
    'aud',
    'client_id',
    'jti',
    'scope',
    'family_id',
    'iat',
    'exp',
    'nbf',
    'iss',
    'sid',
    'nonce',
  ];
  const text = ['sub', 'aud', 'client_id', 'jti', 'scope', 'family_id', 'sid', 'iss'];
  const odd = [
    ...claims.map((claim) => [claim, '5000 lists', nested(5000)] as const),
    ...claims.map((claim) => [claim, '4000 objects', `${'{"a":'.repeat(4000)}1${'}'.repeat(4000)}`] as const),
    ...text.flatMap((claim) => [[claim, 'a list', '["ada"]'] as const, [claim, 'an object', '{"a":1}'] as const]),
    ...text.map((claim) => [claim, 'a number', '1'] as const),
    // No column of instants takes these, which are whole seconds of 64 bits on Postgres.
    ...['1e300', '9007199254740993', '4102444800.5'].map((instant) => ['exp', instant, instant] as const),
  ];

  beforeAll(async () => {
    const clientSecretSha256 = hashClientSecret(registeredSecret);
    const confidential = { tokenEndpointAuthMethod: 'client_secret_basic', clientSecretSha256 } as const;
    await people.addClient('server', { ...confidential, grantTypes: [], serves: [people.config.issuer] });
  });

  test.each(odd)('%s of %s', async (claim, _, json) => {
    const token = await signOdd(claim, json);
    const authorization = { Authorization: basic('server') };
    const introspected = await postForm(people.app, '/introspect', { token }, authorization);
    expect([introspected.status, await introspected.json()]).toEqual([200, { active: false }]);
    expect((await postForm(people.app, '/revoke', { token }, authorization)).status).toBe(200);
    const info = await postForm(people.app, '/userinfo', { access_token: token });
    expect([info.status, await info.json()]).toEqual([401, expect.objectContaining({ error: 'invalid_token' })]);
    const hint = await signOdd(claim, json, 'JWT');
    const browser = people.openBrowser();
    expect((await postForm(people.app, '/logout', { id_token_hint: hint })).status).toBeLessThan(500);
    await browser.signIn();
    expect((await browser.post('/logout', { id_token_hint: hint })).status).toBeLessThan(500);
    expect((await browser.get(authorizePath({ id_token_hint: hint }))).status).toBeLessThan(500);
  });

  test('64 levels are taken', async () => {
    const token = await signOdd('x', nested(63));
    expect(await verifyOwnToken(token, { typ: 'at+jwt' }, people)).toMatchObject({ sub: 'ada' });
    expect(await verifyOwnToken(await signOdd('x', nested(64)), { typ: 'at+jwt' }, people)).toBeUndefined();
  });
});
