import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type KeySetStore, keySetFile, keySetInCache, keySetInKv } from '../../src/verifier/key_set_store.ts';
import { keysFromUrl } from '../../src/verifier/keys_from_url.ts';
import { createVerifier } from '../../src/verifier/verifier.ts';
import { makeFolder } from '../running_server.ts';
import { audience, issuer, jwkSet, makeKey, makeToken, now, refusalOf } from './signed_tokens.ts';

const folder = makeFolder();

const key = makeKey('ES256');
const url = `${issuer}/jwks`;
let files = 0;

const kv = (): KeySetStore => {
  const entries = new Map<string, string>();
  return keySetInKv({
    get: async (name) => entries.get(name) ?? null,
    put: async (name, value) => {
      entries.set(name, value);
    },
  });
};

const cache = (): KeySetStore => {
  const responses = new Map<string, Response>();
  return keySetInCache({
    match: async (name) => responses.get(name)?.clone(),
    put: async (name, response) => {
      responses.set(name, response);
    },
  });
};

const file = (): KeySetStore => {
  files += 1;
  return keySetFile(join(folder, `keys_${files}.json`));
};

const patience = { timeout: 10_000 };

/** It is written behind the verification. */
const untilKept = (store: KeySetStore) => expect.poll(() => store.read(), patience).toBeDefined();

/** A service that starts with this store; `down` is an issuer that does not answer. */
const start = (store: KeySetStore, at: number, { down = false, from = url, keys = [key] } = {}) => {
  const problems: unknown[] = [];
  let requests = 0;
  const fetch = async (): Promise<Response> => {
    requests += 1;
    if (down) throw new TypeError('connect ECONNREFUSED');
    return Response.json(jwkSet(...keys), { headers: { 'cache-control': 'max-age=300', etag: '"a"' } });
  };
  const source = keysFromUrl(from, {
    fetch,
    store,
    keysUsableSeconds: 3600,
    timeoutSeconds: 1,
    onProblem: (problem) => problems.push(problem),
  });
  const verifier = createVerifier({
    issuer,
    audience,
    keys: source,
    clock: { now: () => at },
    maxTokenSeconds: 999_999,
  });
  const verify = () => verifier.verify(makeToken(key, { exp: at + 600, iat: at }));
  return { verify, problems, requests: () => requests };
};

describe.each([
  ['a file', file],
  ['Workers KV', kv],
  ['the Cache API', cache],
])('the last good key set in %s', (_, makeStore) => {
  test('is there after a restart, without asking while it is fresh', async () => {
    const store = makeStore();
    await start(store, now).verify();
    await untilKept(store);
    const again = start(store, now + 100, { down: true });
    expect((await again.verify()).sub).toBe('alice');
    expect(again.requests()).toBe(0);
  });

  test('serves a service that starts while the issuer is down, for as long as it is usable', async () => {
    const store = makeStore();
    await start(store, now).verify();
    await untilKept(store);
    expect((await start(store, now + 3599, { down: true }).verify()).sub).toBe('alice');
    expect(await refusalOf(start(store, now + 3600, { down: true }).verify())).toBe('keys_unavailable');
  });

  test('gives way to the issuer when it is no longer fresh', async () => {
    const store = makeStore();
    await start(store, now).verify();
    await untilKept(store);
    const other = makeKey('ES256');
    expect(await refusalOf(start(store, now + 300, { keys: [other] }).verify())).toBe('key_unknown');
  });

  test('is of one URL: that of another is not taken', async () => {
    const store = makeStore();
    await start(store, now).verify();
    await untilKept(store);
    const elsewhere = start(store, now + 1, { down: true, from: `${issuer}/other` });
    expect(await refusalOf(elsewhere.verify())).toBe('keys_unavailable');
  });

  test.each([
    'x',
    '',
    '[]',
    '{}',
    JSON.stringify({ url, text: 'x', fetchedAt: now, freshSeconds: 300 }),
    JSON.stringify({ url, text: JSON.stringify(jwkSet(key)), fetchedAt: now + 10, freshSeconds: 300 }),
    JSON.stringify({ url, text: JSON.stringify(jwkSet(key)), fetchedAt: String(now), freshSeconds: 300 }),
    JSON.stringify({ url, text: JSON.stringify(jwkSet(key)), fetchedAt: now, freshSeconds: null }),
  ])('that is not what was kept is not taken: %s', async (text) => {
    const store = makeStore();
    await store.write(text);
    expect(await refusalOf(start(store, now, { down: true }).verify())).toBe('keys_unavailable');
    expect((await start(store, now).verify()).sub).toBe('alice');
  });
});

describe('a file of keys', () => {
  test('is readable by its owner alone, and replaced as a whole', async () => {
    const path = join(folder, 'owned.json');
    const store = keySetFile(path);
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.write(`text ${index} `.repeat(1000))));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toMatch(/^(text \d+ )\1{999}$/);
    expect(readdirSync(folder).filter((name) => name.startsWith('owned'))).toEqual(['owned.json']);
  });

  test('that cannot be read or written is reported, and tokens go on being verified', async () => {
    const path = join(folder, 'not_a_folder');
    writeFileSync(path, '');
    const service = start(keySetFile(join(path, 'keys.json')), now);
    expect((await service.verify()).sub).toBe('alice');
    await expect.poll(() => service.problems, patience).toHaveLength(2);
  });

  test('that never answers does not hold up a start for ever', async () => {
    const service = start({ read: () => new Promise(() => undefined), write: async () => undefined }, now);
    expect((await service.verify()).sub).toBe('alice');
  });
});
