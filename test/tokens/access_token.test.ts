import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { reservedClaims } from '../../src/tokens/access_token.ts';
import {
  addClient,
  addResource,
  basic,
  createTestProvider,
  postToken,
  type TestProvider,
  tokenAnswer,
} from '../test_provider.ts';

let provider: TestProvider;
const getToken = async (resource: string, from: TestProvider = provider) =>
  tokenAnswer(
    await postToken(from.app, { grant_type: 'client_credentials', resource }, { Authorization: basic('client') }),
  );

const resources = {
  es256: 'https://es256.example.com',
  rs256: 'https://rs256.example.com',
  claims: 'https://claims.example.com',
  hostile: 'https://hostile.example.com',
};

beforeAll(async () => {
  provider = await createTestProvider();
  const { store } = provider;
  await addResource(store, { resource: resources.es256 });
  await addResource(store, { resource: resources.rs256, accessTokenSigningAlg: 'RS256' });
  await addResource(store, { resource: resources.claims, claims: { tenant: 'acme', roles: ['a', 'b'], n: 1 } });
  const hostile = Object.fromEntries(reservedClaims.map((name) => [name, 'forged']));
  await addResource(store, { resource: resources.hostile, claims: { ...hostile, ['__proto__']: { admin: true } } });
  await addClient(store, 'client', { resources: Object.values(resources) });
});

describe('access tokens, RFC 9068 §2', () => {
  test.each([
    ['ES256', resources.es256, 64],
    ['RS256', resources.rs256, 256],
  ])('%s: header, claims and signature are what the RFC wants, and no more', async (alg, resource, signatureBytes) => {
    const { access_token: token } = await getToken(resource);
    const { kid, ...header } = decodeProtectedHeader(token);
    expect(header).toEqual({ alg, typ: 'at+jwt' });
    expect(provider.keyRing.activeSigner(alg as 'ES256' | 'RS256').signer.kid).toBe(kid);
    const now = provider.clock.now();
    expect(decodeJwt(token)).toEqual({
      iss: 'https://id.example.com',
      sub: 'client',
      aud: resource,
      exp: now + 600,
      iat: now,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      client_id: 'client',
      scope: 'read write',
    });
    expect(Buffer.from(token.split('.')[2] ?? '', 'base64url')).toHaveLength(signatureBytes);
  });

  test('a token is three segments of base64url without padding', async () => {
    for (const resource of Object.values(resources))
      expect((await getToken(resource)).access_token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  test('a hundred tokens asked for at once have a hundred jtis and all verify', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => getToken(resources.es256)));
    const keys = createLocalJWKSet(JSON.parse(provider.keyRing.jwkSet().body) as JSONWebKeySet);
    const options = { audience: resources.es256, currentDate: new Date(provider.clock.now() * 1000) };
    const verified = await Promise.all(answers.map(({ access_token }) => jwtVerify(access_token, keys, options)));
    expect(new Set(verified.map(({ payload }) => payload.jti)).size).toBe(100);
  });

  test('the claims of a resource are in its tokens', async () => {
    const claims = decodeJwt((await getToken(resources.claims)).access_token);
    expect(claims).toMatchObject({ tenant: 'acme', roles: ['a', 'b'], n: 1, sub: 'client' });
  });

  test('the claims of a resource cannot take the place of Keyturn’s own', async () => {
    const claims = decodeJwt((await getToken(resources.hostile)).access_token);
    const own = { iss: 'https://id.example.com', sub: 'client', aud: resources.hostile, client_id: 'client' };
    expect(claims).toMatchObject({ ...own, exp: provider.clock.now() + 600, iat: provider.clock.now() });
  });

  test('T013: __proto__ as a claim is a claim, and pollutes nothing', async () => {
    const { access_token: token } = await getToken(resources.hostile);
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
    expect(Object.getPrototypeOf(decodeJwt(token))).toBe(Object.prototype);
  });
});

describe('lifetimes', () => {
  test('a token never outlives what its key’s grace was computed for', async () => {
    const short = await createTestProvider({
      environment: { KEYTURN_MAX_TOKEN_SECONDS: '120', KEYTURN_ACCESS_TOKEN_SECONDS: '60' },
    });
    await addResource(short.store, { resource: resources.es256, accessTokenSeconds: 99_999 });
    await addClient(short.store, 'client', { resources: [resources.es256] });
    const answer = await getToken(resources.es256, short);
    const { exp = 0, iat = 0 } = decodeJwt(answer.access_token);
    expect([answer.expires_in, exp - iat]).toEqual([120, 120]);
  });

  test('I2 and I8: at every turn the new key was published for the lead time, and the old one stays', async () => {
    const turning = await createTestProvider();
    const { policy } = turning.config;
    await addResource(turning.store, { resource: resources.rs256, accessTokenSigningAlg: 'RS256' });
    await addClient(turning.store, 'client', { resources: [resources.rs256] });
    const kidOf = (token: string) => decodeProtectedHeader(token).kid;
    const before = (await getToken(resources.rs256, turning)).access_token;
    turning.clock.advance(policy.periodSeconds);
    await turning.keyRing.refresh();
    const after = (await getToken(resources.rs256, turning)).access_token;
    expect(kidOf(after)).not.toBe(kidOf(before));
    const key = turning.keyRing.keys.find(({ kid }) => kid === kidOf(after));
    expect(turning.clock.now() - (key?.publishedAt ?? 0)).toBeGreaterThanOrEqual(policy.leadSeconds);
    expect(turning.keyRing.jwkSet().kids.split(' ')).toEqual(expect.arrayContaining([kidOf(before), kidOf(after)]));
  });
});
