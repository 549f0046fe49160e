import { beforeAll, describe, expect, test } from 'vitest';
import { verifyKeyHistory } from '../../src/keys/verify_key_history.ts';
import { createTestProvider, type TestProvider } from '../test_provider.ts';

const path = '/historical-keys';

let provider: TestProvider;
const get = (headers: Readonly<Record<string, string>> = {}) => provider.app.request(path, { headers });

beforeAll(async () => {
  provider = await createTestProvider();
});

describe('historical keys, OpenID Federation 1.0 §8.7', () => {
  test('before a node has signed them: 503, to be asked again', async () => {
    const response = await get();
    expect(response.status).toBe(503);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(response.headers.get('Retry-After')).toMatch(/^\d+$/);
  });

  test('are served as a signed JWK Set with its media type, ETag, 304 and CORS for everyone', async () => {
    await provider.keyHistory.refresh();
    const response = await get();
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('application/jwk-set+jwt');
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=300');
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
    const etag = response.headers.get('ETag') ?? '';
    expect((await get({ 'If-None-Match': etag })).status).toBe(304);
    const history = await verifyKeyHistory(await response.text());
    expect(history.issuer).toBe('https://id.example.com');
  });

  test('their URL is in the metadata', async () => {
    const metadata = await (await provider.app.request('/.well-known/openid-configuration')).json();
    expect(metadata).toMatchObject({ federation_historical_keys_endpoint: `https://id.example.com${path}` });
  });

  test('stay the same bytes until something happens, and then begin with the same entries', async () => {
    const before = await (await get()).text();
    await provider.keyHistory.refresh();
    expect(await (await get()).text()).toBe(before);
    provider.clock.advance(30 * 86_400);
    await provider.keyRing.refresh();
    await provider.keyHistory.refresh();
    const [old, now] = [await verifyKeyHistory(before), await verifyKeyHistory(await (await get()).text())];
    expect(now.chain.slice(0, old.chain.length)).toEqual(old.chain);
    expect(now.chain.length).toBeGreaterThan(old.chain.length);
  });

  test('hold nothing private, of a ring that has turned', async () => {
    const text = await (await get()).text();
    const texts = [text, ...JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()).key_events];
    for (const jws of texts) {
      const payload = Buffer.from(String(jws).split('.')[1] ?? '', 'base64url').toString();
      expect(payload).not.toMatch(/"(d|p|q|dp|dq|qi|k|oth|privateJwe|private_jwe)":/);
    }
  });
});

describe('who fetches the key set', () => {
  const jwks = (userAgent: string, init: RequestInit = {}) =>
    provider.app.request('/.well-known/jwks.json', { ...init, headers: { 'User-Agent': userAgent, ...init.headers } });
  const readers = async () => {
    await provider.keySetReaders.flush();
    return new Set(provider.keySetReaders.known().map(({ reader }) => reader));
  };

  test('is counted by GET, and by a 304; HEAD brings nobody a key', async () => {
    const etag = (await jwks('first/1')).headers.get('ETag') ?? '';
    expect((await jwks('second/1', { headers: { 'If-None-Match': etag } })).status).toBe(304);
    await jwks('third/1', { method: 'HEAD' });
    await jwks('fourth/1', { method: 'OPTIONS' });
    await jwks('fifth/1', { method: 'POST' });
    expect(await readers()).toEqual(new Set(['first/1', 'second/1']));
  });

  test('is shown on the page by products that everybody knows, and as a number', async () => {
    await jwks('jose/v6.2.17');
    await jwks('<img src=x onerror=alert(1)>');
    await jwks('Visit-evil.example/1');
    await provider.keySetReaders.flush();
    const page = await (await provider.app.request('/')).text();
    expect(page).toContain('The standby was fetched by jose and 4 others.');
    for (const written of ['evil', 'onerror', '6.2.17', 'second/1']) expect(page).not.toContain(written);
  });

  test('T126: no address of theirs is kept', async () => {
    await jwks('jose/v6', { headers: { 'X-Forwarded-For': '192.0.2.77' } });
    await provider.keySetReaders.flush();
    expect(JSON.stringify(await provider.store.listKeySetReaders())).not.toContain('192.0.2.77');
    expect(Object.keys((await provider.store.listKeySetReaders())[0] ?? {}).sort()).toEqual(
      ['fetches', 'firstAt', 'kid', 'lastAt', 'reader'].sort(),
    );
  });
});
