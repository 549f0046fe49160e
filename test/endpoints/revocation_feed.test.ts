import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { markHash } from '../../src/status_lists/mark_hash.ts';
import { readEventStream } from '../../src/verifier/event_stream.ts';
import { createTestProvider, type TestProvider } from '../test_provider.ts';

interface Page {
  readonly iss: string;
  readonly iat: number;
  readonly exp: number;
  readonly cursor: string;
  readonly since?: string;
  readonly more?: boolean;
  readonly marks: readonly Readonly<Record<string, unknown>>[];
}

const issuer = 'https://id.example.com';
let provider: TestProvider;
beforeEach(async () => {
  provider = await createTestProvider();
});
afterEach(() => provider.store.close());

const ask = async (cursor = '0', headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  provider.app.request(`/revocations?cursor=${encodeURIComponent(cursor)}`, { headers });
const pageOf = (token: string) => decodeJwt(token) as unknown as Page;
const page = async (cursor?: string): Promise<Page> => {
  await provider.revocations.refresh();
  return pageOf(await (await ask(cursor)).text());
};
const deny = (jti: string) => provider.store.denyToken(jti, provider.clock.now() + 600);

describe('the revocation feed, polled', () => {
  test('is a signed page of a type of its own, open to every origin and cacheable for a second', async () => {
    const response = await ask();
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/jwt',
      'cache-control': 'public, max-age=1',
      'access-control-allow-origin': '*',
    });
    const token = await response.text();
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'revocation-feed+jwt', kid: expect.any(String) });
    const now = provider.clock.now();
    expect(pageOf(token)).toEqual({ iss: issuer, iat: now, exp: now + 60, cursor: '0', marks: [] });
  });

  test('tells what was marked since the cursor, by hash alone', async () => {
    await deny('first-jti');
    const first = await page();
    expect(first.marks).toEqual([{ jti: markHash(issuer, 'jti', 'first-jti'), exp: expect.any(Number) }]);
    expect(JSON.stringify(first)).not.toContain('first-jti');
    expect(first.since).toBeUndefined();
    await deny('second-jti');
    const second = await page(first.cursor);
    expect(second).toMatchObject({ since: first.cursor, marks: [{ jti: markHash(issuer, 'jti', 'second-jti') }] });
    expect(await page(second.cursor)).toMatchObject({ since: second.cursor, cursor: second.cursor, marks: [] });
  });

  test('a mark is told once, however often a token is revoked', async () => {
    await deny('jti');
    await deny('jti');
    expect((await page()).marks).toHaveLength(1);
  });

  test('a clock that was ahead for a moment leaves nothing out of it for good, and all is read once more for it', async () => {
    await deny('jti');
    const { marks } = await page();
    provider.clock.advance(86_400);
    await provider.revocations.refresh();
    provider.clock.advance(-86_400);
    expect((await page()).marks).toEqual(marks);
    const read = vi.spyOn(provider.store, 'readRevocations');
    await deny('another');
    expect((await page()).marks).toHaveLength(2);
    expect(read.mock.calls.map(([, lastMarkId]) => lastMarkId)).not.toContain(0);
  });

  test.each(['99999', '1-000000000000', 'x', '-1', '1-zzz', '', '1e9', '0x1', "1' OR 1=1"])(
    'the cursor %j is of no page, so everything is told',
    async (cursor) => {
      await deny('jti');
      expect(await page(cursor)).toMatchObject({ marks: [{}] });
      expect((await page(cursor)).since).toBeUndefined();
    },
  );

  test('a cursor from before a restored backup is not taken for one of now', async () => {
    await deny('jti');
    const { cursor } = await page();
    const [id] = cursor.split('-');
    const other = await createTestProvider();
    await other.store.denyToken('another', other.clock.now() + 600);
    const told = pageOf(await (await other.app.request(`/revocations?cursor=${cursor}`)).text());
    expect(told.cursor.split('-')[0]).toBe(id);
    expect(told.since).toBeUndefined();
    expect(told.marks).toHaveLength(1);
    await other.store.close();
  });

  test('comes in pages, each saying where it begins', async () => {
    await Promise.all(Array.from({ length: 4500 }, (_, turn) => deny(`jti-${turn}`)));
    const told: Page[] = [await page()];
    while (told.at(-1)?.more) told.push(await page(told.at(-1)?.cursor));
    expect(told.map(({ marks }) => marks.length)).toEqual([2000, 2000, 500]);
    expect(told.map(({ since }) => since)).toEqual([undefined, told[0]?.cursor, told[1]?.cursor]);
    expect(new Set(told.flatMap(({ marks }) => marks.map(({ jti }) => jti))).size).toBe(4500);
  });

  test('marks are forgotten when no token they are about is accepted any more, not before', async () => {
    await deny('jti');
    const [{ exp } = { exp: 0 }] = (await page()).marks;
    const longest = 3600 + 300;
    expect(Number(exp)).toBeGreaterThanOrEqual(provider.clock.now() + longest);
    provider.clock.advance(Number(exp) - provider.clock.now());
    await provider.keyRing.refresh();
    expect((await page()).marks).toHaveLength(1);
    provider.clock.advance(1);
    await provider.keyRing.refresh();
    expect((await page()).marks).toEqual([]);
    await provider.store.removeExpiredRevocations(0, provider.clock.now() - provider.revocations.retentionSeconds());
    expect((await provider.store.readRevocations(0, 0)).marks).toEqual([]);
  });
});

describe('the revocation feed, as a stream', () => {
  const openStream = async (cursor = '0', headers: Readonly<Record<string, string>> = {}) => {
    const response = await ask(cursor, { Accept: 'text/event-stream', ...headers });
    if (response.body === null) throw new TypeError('no body');
    const events = readEventStream(response.body, 5, 10_000_000, new AbortController().signal);
    const next = async (): Promise<Page> => {
      const { value, done } = await events.next();
      if (done) throw new Error('the stream ended');
      return pageOf(String(value));
    };
    return { response, next, events };
  };

  test('sends marks as they are read, and begins where it left off', async () => {
    const stream = await openStream();
    expect(stream.response.headers.get('Content-Type')).toBe('text/event-stream');
    expect(stream.response.headers.get('Cache-Control')).toBe('no-store');
    expect(await stream.next()).toMatchObject({ marks: [] });
    await deny('first');
    await provider.revocations.refresh();
    const told = await stream.next();
    expect(told.marks).toEqual([expect.objectContaining({ jti: markHash(issuer, 'jti', 'first') })]);
    await stream.events.return();
    await deny('second');
    await provider.revocations.refresh();
    const again = await openStream('0', { 'Last-Event-ID': told.cursor });
    expect(await again.next()).toMatchObject({
      since: told.cursor,
      marks: [{ jti: markHash(issuer, 'jti', 'second') }],
    });
    await again.events.return();
  });

  test('gives a signed sign of life every 2 s while the database answers', async () => {
    const stream = await openStream();
    const first = await stream.next();
    provider.clock.advance(1);
    await provider.revocations.refresh();
    provider.clock.advance(1);
    await provider.revocations.refresh();
    expect(await stream.next()).toMatchObject({ iat: first.iat + 2, marks: [] });
    await stream.events.return();
  });

  test('ends when the server is about to stop; after that there are pages alone', async () => {
    const stream = await openStream();
    await stream.next();
    provider.revocations.close();
    expect((await stream.events.next()).done).toBe(true);
    const { headers } = await ask('0', { Accept: 'text/event-stream' });
    expect(headers.get('Content-Type')).toBe('application/jwt');
  });

  test('is silent while this node may not sign, as after a database that was away, and goes on then', async () => {
    const stream = await openStream();
    await stream.next();
    provider.clock.advance(provider.config.policy.snapshotSeconds + 1);
    await deny('meanwhile');
    for (let reading = 0; reading < 3; reading += 1) {
      await provider.revocations.refresh();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(provider.log.records.filter(({ level }) => level !== 'info')).toEqual([]);
    await provider.keyRing.refresh();
    await provider.revocations.refresh();
    expect(await stream.next()).toMatchObject({ marks: [{ jti: markHash(issuer, 'jti', 'meanwhile') }] });
    await stream.events.return();
  });

  test('is not begun by a node that may not sign: whoever asks can go to another', async () => {
    provider.clock.advance(provider.config.policy.snapshotSeconds + 1);
    const { status, headers } = await ask('0', { Accept: 'text/event-stream' });
    expect([status, headers.get('Content-Type')]).toEqual([503, 'application/json']);
  });

  test('there are a thousand at most; whoever comes later polls, and one that leaves makes room', async () => {
    const streams = await Promise.all(Array.from({ length: 1000 }, () => openStream()));
    const typeOf = async () => (await ask('0', { Accept: 'text/event-stream' })).headers.get('Content-Type');
    expect(await typeOf()).toBe('application/jwt');
    await streams[0]?.response.body?.cancel().catch(() => undefined);
    await streams[0]?.events.next();
    await streams[0]?.events.return();
    expect(await typeOf()).toBe('text/event-stream');
    provider.revocations.close();
  });

  test('a slow reader gets everything, a page at a time', async () => {
    await Promise.all(Array.from({ length: 9000 }, (_, turn) => deny(`jti-${turn}`)));
    const stream = await openStream();
    const told = [];
    for (let pages = 0; pages < 5; pages += 1) told.push(...(await stream.next()).marks);
    expect(new Set(told.map(({ jti }) => jti)).size).toBe(9000);
    await stream.events.return();
  });

  test('a reader that does not read is dropped after 10 s, and takes little memory until then', async () => {
    const response = await ask('0', { Accept: 'text/event-stream' });
    for (let round = 0; round < 12; round += 1) {
      await Promise.all(Array.from({ length: 1500 }, (_, turn) => deny(`${round}-${turn}`)));
      provider.clock.advance(1);
      await provider.revocations.refresh();
      await new Promise((resolve) => setImmediate(resolve));
    }
    let bytes = 0;
    const { signal } = new AbortController();
    for await (const event of readEventStream(response.body as ReadableStream<Uint8Array>, 5, 10_000_000, signal))
      bytes += event.length;
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(600_000);
  });

  test('HEAD opens no stream', async () => {
    const accept = { Accept: 'text/event-stream' };
    const { headers } = await provider.app.request('/revocations', { method: 'HEAD', headers: accept });
    expect(headers.get('Content-Type')).toBe('application/jwt');
  });
});
