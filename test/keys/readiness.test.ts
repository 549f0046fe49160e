import { describe, expect, test } from 'vitest';
import { createKeySetReaders, mostReaders, readerOf } from '../../src/keys/count_readers.ts';
import { jwkSetOf } from '../../src/keys/jwk_set.ts';
import { readinessOf } from '../../src/keys/readiness.ts';
import type { KeySetReader, KeySetReaderStore } from '../../src/seams/key_set_reader_store.ts';
import { createHandClock, keyAt, openEmptyRings, period, policy, start } from './rotation_parts.ts';

describe('the name of a reader', () => {
  test.each([
    ['jose/v6.2.17', 'jose/6.2.17'],
    ['Python-urllib/3.11', 'Python-urllib/3.11'],
    ['python-requests/2.31.0 (linux; ada@example.com)', 'python-requests/2.31.0'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36', 'Mozilla/5.0'],
    ['node', 'node'],
    ['Go-http-client/1.1', 'Go-http-client/1.1'],
    ['', 'none'],
    [undefined, 'none'],
    ['<script>alert(1)</script>', 'none'],
    ['\u001b[2J', 'none'],
    ['ada@example.com', 'ada'],
    ['jose/\u001b[31m6', 'jose'],
    ['jose\r\nX-Evil: 1', 'jose'],
    ['x'.repeat(10_000), 'x'.repeat(40)],
    [`x/${'9'.repeat(10_000)}`, `x/${'9'.repeat(20)}`],
    ['évil', 'none'],
  ])('of %j is %j', (userAgent, reader) => {
    expect(readerOf(userAgent)).toBe(reader);
  });

  test('has no character that a terminal, a page or a log could take for more than itself', () => {
    for (let code = 0; code < 0x3000; code += 1)
      for (const text of [
        String.fromCharCode(code),
        `a${String.fromCharCode(code)}`,
        `a/1${String.fromCharCode(code)}`,
      ])
        expect(readerOf(text)).toMatch(/^[A-Za-z0-9._+/-]{1,62}$/);
  });
});

/** A key set with these keys in it, and a store that can fail. */
const open = (kids: readonly string[] = ['a', 'b']) => {
  const { store, clock } = openEmptyRings();
  let failing = false;
  const fragile: KeySetReaderStore = {
    addKeySetReads: (...args) => (failing ? Promise.reject(new TypeError('down')) : store.addKeySetReads(...args)),
    listKeySetReaders: store.listKeySetReaders,
  };
  let served = kids;
  const keyRing = { jwkSet: () => ({ body: '', etag: '', kids: served.join(' ') }) };
  const node = () => createKeySetReaders({ keyRing, clock, store: fragile });
  return {
    store,
    clock,
    node,
    serve: (next: readonly string[]) => {
      served = next;
    },
    fail: (fails: boolean) => {
      failing = fails;
    },
  };
};

describe('counting who reads the key set', () => {
  test('writes nothing before it is flushed, then a row for each reader and key', async () => {
    const { store, clock, node } = open();
    const readers = node();
    readers.count('jose/v6.2.17');
    clock.advance(5);
    readers.count('jose/v6.2.17');
    expect([readers.known(), await store.listKeySetReaders()]).toEqual([[], []]);
    await readers.flush();
    const row = { reader: 'jose/6.2.17', fetches: 2, firstAt: start, lastAt: start + 5 };
    expect(readers.known()).toEqual([
      { ...row, kid: 'a' },
      { ...row, kid: 'b' },
    ]);
    await store.close();
  });

  test('nodes add up, and each knows what all counted', async () => {
    const { store, node } = open(['a']);
    const [one, other] = [node(), node()];
    one.count('curl/8');
    other.count('curl/8');
    await one.flush();
    await other.flush();
    await one.flush();
    for (const readers of [one, other]) expect(readers.known()).toMatchObject([{ reader: 'curl/8', fetches: 2 }]);
    await store.close();
  });

  test('what could not be written is not lost', async () => {
    const { store, node, fail } = open(['a']);
    const readers = node();
    fail(true);
    readers.count('curl/8');
    await expect(readers.flush()).rejects.toThrow('down');
    readers.count('curl/8');
    fail(false);
    await readers.flush();
    expect(readers.known()).toMatchObject([{ reader: 'curl/8', fetches: 2 }]);
    await store.close();
  });

  test('a key set that changed meanwhile counts for its own keys alone', async () => {
    const { store, node, serve } = open(['a']);
    const readers = node();
    readers.count('curl/8');
    serve(['a', 'b']);
    readers.count('jose/6');
    await readers.flush();
    expect(readers.known().map(({ reader, kid }) => `${reader} ${kid}`)).toEqual(['curl/8 a', 'jose/6 a', 'jose/6 b']);
    await store.close();
  });

  test('made-up names are bounded in memory and in the store, and do not push known ones out', async () => {
    const { store, node } = open(['a']);
    const readers = node();
    readers.count('jose/6');
    await readers.flush();
    for (let flush = 0; flush < 3; flush += 1) {
      for (let name = 0; name < 5000; name += 1) readers.count(`made-up-${flush}-${name}/1`);
      readers.count('jose/6');
      await readers.flush();
    }
    const rows = readers.known();
    expect(rows).toHaveLength(mostReaders + 1);
    expect(rows.find(({ reader }) => reader === 'jose/6')?.fetches).toBe(4);
    expect(rows.reduce((sum, { fetches }) => sum + fetches, 0)).toBe(15_004);
    await store.close();
  });

  test('a node that has read no keys yet counts nobody', async () => {
    const { store, node } = open([]);
    const readers = node();
    readers.count('jose/6');
    await readers.flush();
    expect(readers.known()).toEqual([]);
    await store.close();
  });

  test('the kids of a key set are those of its keys', () => {
    const keys = [keyAt(0), keyAt(1)].map((key) => ({ ...key, publicJwk: { kty: 'EC' } }));
    expect(jwkSetOf(keys).kids).toBe('kid-0 kid-1');
  });
});

describe('who has seen the standby', () => {
  const row = (reader: string, kid: string, lastAt = start): KeySetReader => ({
    reader,
    kid,
    fetches: 1,
    firstAt: start,
    lastAt,
  });
  const ring = [keyAt(0), keyAt(1, { publishedAt: start + 50 })];
  const clock = createHandClock();
  const readiness = (readers: readonly KeySetReader[], keys = ring) => readinessOf(keys, readers, policy, clock.now());

  test('is whoever got it with a key set; who fetched before and not since has not', () => {
    const rows = [row('late', 'kid-0'), row('ready', 'kid-0'), row('ready', 'kid-1', start + 60)];
    expect(readiness(rows)).toEqual([
      {
        alg: 'ES256',
        standbyKid: 'kid-1',
        publishedAt: start + 50,
        seen: [{ reader: 'ready', fetches: 1, lastAt: start + 60 }],
        notSince: [{ reader: 'late', fetches: 1, lastAt: start }],
      },
    ]);
  });

  test('is told of the standby whose turn is next, and of no ring without one', () => {
    const two = [...ring, keyAt(2)];
    expect(readiness([row('x', 'kid-2')], two)).toMatchObject([{ standbyKid: 'kid-1', seen: [] }]);
    expect(readiness([row('x', 'kid-0')], [keyAt(0)])).toEqual([]);
    expect(readinessOf(ring, [], policy, start + period)).toEqual([]);
  });

  test('a fetch counts once, however many keys were in the set', () => {
    const rows = ['kid-0', 'other-ring', 'gone'].map((kid) => row('late', kid));
    expect(readiness(rows)[0]?.notSince).toEqual([{ reader: 'late', fetches: 1, lastAt: start }]);
  });
});
