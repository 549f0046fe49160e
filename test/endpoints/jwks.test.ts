import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  addClient,
  addResource,
  basic,
  createTestProvider,
  postToken,
  type TestProvider,
  tokenAnswer,
} from '../test_provider.ts';

const path = '/.well-known/jwks.json';
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth'];

let provider: TestProvider;
const get = (headers: Readonly<Record<string, string>> = {}) => provider.app.request(path, { headers });

beforeAll(async () => {
  provider = await createTestProvider();
  await addResource(provider.store);
  await addResource(provider.store, { resource: 'https://rsa.example.com', accessTokenSigningAlg: 'RS256' });
  await addClient(provider.store, 'client', { resources: ['https://api.example.com', 'https://rsa.example.com'] });
});

const keySet = async (): Promise<JSONWebKeySet> => (await (await get()).json()) as JSONWebKeySet;

describe('jwks_uri, RFC 7517 §5', () => {
  test('T030: each key is its public members, kid, use and alg, and nothing else', async () => {
    const { keys } = await keySet();
    const members = {
      ES256: ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
      RS256: ['alg', 'e', 'kid', 'kty', 'n', 'use'],
    };
    expect(keys.map((key) => key.alg)).toEqual(['ES256', 'ES256', 'RS256', 'RS256']);
    for (const key of keys) expect(Object.keys(key).sort()).toEqual(members[key.alg as 'ES256' | 'RS256']);
    expect(keys.flatMap((key) => Object.keys(key)).filter((member) => privateMembers.includes(member))).toEqual([]);
  });

  test('the key set is served with its own media type, max-age = A, a strong ETag and CORS for everyone', async () => {
    const response = await get();
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('application/jwk-set+json');
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=300');
    expect(response.headers.get('ETag')).toMatch(/^"[A-Za-z0-9_-]{43}"$/);
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
  });

  test.each(['ES256', 'RS256'])('I8: a token signed with %s verifies with the key set alone', async (alg) => {
    const resource = alg === 'ES256' ? 'https://api.example.com' : 'https://rsa.example.com';
    const response = await postToken(
      provider.app,
      { grant_type: 'client_credentials', resource },
      { Authorization: basic('client') },
    );
    const { access_token } = await tokenAnswer(response);
    const verified = await jwtVerify(access_token, createLocalJWKSet(await keySet()), {
      issuer: 'https://id.example.com',
      audience: resource,
      typ: 'at+jwt',
      currentDate: new Date(provider.clock.now() * 1000),
    });
    expect(verified.protectedHeader.alg).toBe(alg);
  });
});

describe('T031: jwks_uri as RFC 9110 and RFC 9111 want it', () => {
  test('HEAD answers as GET does, without the body', async () => {
    const [head, got] = [await provider.app.request(path, { method: 'HEAD' }), await get()];
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    for (const name of ['ETag', 'Cache-Control', 'Content-Type', 'Access-Control-Allow-Origin'])
      expect(head.headers.get(name)).toBe(got.headers.get(name));
  });

  test.each([
    ['the tag', (etag: string) => etag],
    ['the tag, weak', (etag: string) => `W/${etag}`],
    ['a list with the tag in it', (etag: string) => `"other", ${etag} ,W/"another"`],
    ['any tag', () => '*'],
  ])('If-None-Match with %s gets 304 with the validators and no body', async (_, ifNoneMatch) => {
    const etag = (await get()).headers.get('ETag') ?? '';
    const response = await get({ 'If-None-Match': ifNoneMatch(etag) });
    expect(response.status).toBe(304);
    expect(await response.text()).toBe('');
    expect(response.headers.get('ETag')).toBe(etag);
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=300');
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
  });

  test.each([['"other"'], [''], ['W/"other", "another"'], ['not a tag at all'], ['"']])(
    'If-None-Match: %s gets the whole key set',
    async (ifNoneMatch) => {
      const response = await get({ 'If-None-Match': ifNoneMatch });
      expect(response.status).toBe(200);
      expect((await keySet()).keys).toHaveLength(4);
    },
  );

  test('a tag without its quotes is no match', async () => {
    const etag = (await get()).headers.get('ETag') ?? '';
    expect((await get({ 'If-None-Match': etag.replaceAll('"', '') })).status).toBe(200);
  });

  test.each(['bytes=0-9', 'bytes=-1', 'bytes=99999-', 'lines=1-2'])(
    'Range: %s is ignored, the whole key set comes',
    async (range) => {
      const response = await get({ Range: range });
      expect(response.status).toBe(200);
      expect(response.headers.has('Content-Range')).toBe(false);
      expect(await response.text()).toBe(await (await get()).text());
    },
  );

  test.each(['*/*', 'text/html', 'application/json;q=0.1', 'image/png'])(
    'Accept: %s gets the key set',
    async (accept) => {
      const response = await get({ Accept: accept });
      expect(response.status).toBe(200);
      expect(response.headers.get('Content-Type')).toBe('application/jwk-set+json');
    },
  );

  test.each(['https://spa.example.com', 'null'])('Origin: %s may read it, without credentials', async (origin) => {
    const response = await get({ Origin: origin });
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
    expect(response.headers.has('Access-Control-Allow-Credentials')).toBe(false);
  });

  test('OPTIONS answers the preflight for everyone, for reading only, without credentials', async () => {
    const response = await provider.app.request(path, {
      method: 'OPTIONS',
      headers: { Origin: 'https://spa.example.com', 'Access-Control-Request-Method': 'GET' },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
    expect(response.headers.get('Access-Control-Allow-Methods')).toBe('GET, HEAD, OPTIONS');
    expect(response.headers.has('Access-Control-Allow-Credentials')).toBe(false);
  });
});

describe('jwks_uri through time', () => {
  test('a node whose view is older than P goes on serving the key set', async () => {
    const alone = await createTestProvider();
    const before = await (await alone.app.request(path)).text();
    alone.clock.advance(alone.config.policy.snapshotSeconds + 1);
    const response = await alone.app.request(path);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(before);
  });

  test('the ETag changes when the key set does, and an old one then gets the new set', async () => {
    const alone = await createTestProvider();
    const first = await alone.app.request(path);
    const { policy } = alone.config;
    alone.clock.advance(policy.periodSeconds - policy.leadSeconds);
    await alone.keyRing.refresh();
    const second = await alone.app.request(path, { headers: { 'If-None-Match': first.headers.get('ETag') ?? '' } });
    expect(second.status).toBe(200);
    expect(second.headers.get('ETag')).not.toBe(first.headers.get('ETag'));
    const kids = ((await second.json()) as JSONWebKeySet).keys.map((key) => key.kid);
    const earlier = ((await first.json()) as JSONWebKeySet).keys.map((key) => key.kid);
    expect(kids).toEqual(expect.arrayContaining(earlier));
    expect(kids).toHaveLength(6);
  });
});
