import { calculateJwkThumbprint, decodeJwt, type JWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { publicHalfOf } from '../../src/keys/generate.ts';
import { KeyHistoryError } from '../../src/keys/read_key_history.ts';
import { compareKeyHistories, verifyKeyHistory } from '../../src/keys/verify_key_history.ts';
import {
  type ForgedDocument,
  type ForgerKey,
  forgeChain,
  forgeDocument,
  makeForgerKey,
  type Telling,
} from './forged_history.ts';
import { eventfulRings } from './history_nodes.ts';
import { start } from './rotation_parts.ts';

const [one, two, three, rsa] = [
  await makeForgerKey(),
  await makeForgerKey(),
  await makeForgerKey(),
  await makeForgerKey('RS256'),
];
const { rings, node } = await eventfulRings();
const honest = node.document();
await rings.store.close();

const first: readonly Telling[] = [
  { event: 'published', key: one, at: 0, by: one },
  { event: 'activated', key: one, at: 0, by: one },
  { event: 'published', key: two, at: 0, by: one },
];
const turn: readonly Telling[] = [
  { event: 'retired', key: one, at: 100, by: two },
  { event: 'activated', key: two, at: 100, by: two },
];
const retiredOne = { ...one.jwk, iat: start, exp: start + 200 } as unknown as NonNullable<
  ForgedDocument['keys']
>[number];

const verdict = (text: string): Promise<string> =>
  verifyKeyHistory(text).then(
    () => 'verifies',
    (error: unknown) => {
      if (error instanceof KeyHistoryError) return error.message;
      throw error;
    },
  );

const verdictOn = async (tellings: readonly Telling[], document: Partial<ForgedDocument> = {}): Promise<string> => {
  const last = tellings.at(-1);
  const iat = last?.iat ?? last?.at ?? 0;
  return verdict(await forgeDocument(await forgeChain(tellings), { by: one, iat, ...document }));
};
const afterTurn = { by: two, keys: [retiredOne] };

describe('a key history that is true', () => {
  test('verifies: a real one, and those the forger makes where he says nothing wrong', async () => {
    expect(await verdict(honest)).toBe('verifies');
    expect(await verdict(`\n${honest}\n`)).toBe('verifies');
    expect(await verdictOn(first)).toBe('verifies');
    expect(await verdictOn([...first, ...turn], afterTurn)).toBe('verifies');
  });

  test('tells its head, which stands for everything before it', async () => {
    const { head, chain, entries } = await verifyKeyHistory(honest);
    expect(head).toMatch(/^[\w-]{43}$/);
    expect(entries).toHaveLength(chain.length);
  });
});

describe('a history that was altered without a key', () => {
  const { key_events: chain, ...claims } = decodeJwt(honest) as { key_events: string[] } & Record<string, unknown>;
  const [head, , signature] = honest.split('.');
  const put = (changed: object): string =>
    [head, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
  const entryWith = (place: number, change: Readonly<Record<string, unknown>>): string => {
    const [header, payload, signed] = (chain[place] ?? '').split('.');
    const told = { ...JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()), ...change };
    return [header, Buffer.from(JSON.stringify(told)).toString('base64url'), signed].join('.');
  };
  const altered = (place: number, change: Readonly<Record<string, unknown>>): string =>
    put({ ...claims, key_events: chain.map((entry, at) => (at === place ? entryWith(place, change) : entry)) });

  test('the untouched one verifies', async () => {
    expect(await verdict(put({ ...claims, key_events: chain }))).toMatch(/verifies|does not verify/);
    expect(await verdict(honest)).toBe('verifies');
  });

  test.each<[string, unknown]>([
    ['iss', 'https://evil.example'],
    ['seq', 99],
    ['prev', 'x'.repeat(43)],
    ['event', 'removed'],
    ['at', start + 1],
    ['iat', start + 9],
    ['kid', 'y'.repeat(43)],
    ['alg', 'RS256'],
    ['jwk', { kty: 'EC' }],
    ['reason', 'another'],
    ['added', true],
  ])('entry 6 with another %s', async (member, value) => {
    expect(await verdict(altered(6, { [member]: value }))).toMatch(/^(the header of )?(entry [67]|the key)/);
  });

  test.each([0, 3, 6, chain.length - 1])('a reason, an instant or a signature in entry %i', async (place) => {
    const bent = (chain[place] ?? '').replace(/.{8}$/, 'AAAAAAAA');
    const swapped = put({ ...claims, key_events: chain.map((entry, at) => (at === place ? bent : entry)) });
    expect(await verdict(swapped)).toMatch(/^entry|^the document/);
    expect(await verdict(altered(place, { iat: start + 123_456 }))).not.toBe('verifies');
  });

  test.each<[string, (entries: readonly string[]) => readonly string[]]>([
    ['one left out', (entries) => entries.filter((_, place) => place !== 4)],
    ['the first left out', (entries) => entries.slice(1)],
    ['the last left out', (entries) => entries.slice(0, -1)],
    ['two in the other order', ([a = '', b = '', ...rest]) => [b, a, ...rest]],
    ['one twice', (entries) => [...entries, entries.at(-1) ?? '']],
    ['none', () => []],
  ])('%s', async (_, change) => {
    expect(await verdict(put({ ...claims, key_events: change(chain) }))).not.toBe('verifies');
  });

  test.each([
    ['iss', 'https://evil.example'],
    ['iat', 1],
    ['iat', start + 999_999],
    ['keys', []],
  ])('the document with another %s (%s)', async (member, value) => {
    expect(await verdict(put({ ...claims, key_events: chain, [member]: value }))).not.toBe('verifies');
  });

  test.each(['', 'a', 'a.b.c', '{}', 'null', honest.slice(0, 500), honest.replace('.', '..')])(
    'what is no history at all is said to be none',
    async (text) => {
      expect(await verdict(text)).toMatch(/is no compact JWS|malformed/);
    },
  );
});

describe('a history signed by a key, of what cannot be true', () => {
  const { by: _, ...untold } = { by: one, event: 'published' as const, key: three, at: 50 };

  test.each<[string, readonly Telling[], string | RegExp, Partial<ForgedDocument>?]>([
    [
      'a key is published twice',
      [...first, { event: 'published', key: two, at: 50, by: one }],
      'published a second time',
    ],
    ['a key nobody published', [...first, { event: 'activated', key: three, at: 50, by: one }], 'never published'],
    [
      'a key retires that never signed',
      [...first, { event: 'retired', key: two, at: 50, by: one }],
      'without having been activated',
    ],
    ['two active keys', [...first, { event: 'activated', key: two, at: 50, by: one }], `while ${one.kid} is active`],
    [
      'a key signs after it retired',
      [...first, ...turn, { ...untold, at: 150, by: one }],
      'an earlier entry says signs no more',
    ],
    [
      'a key backdates after it retired',
      [...first, ...turn, { ...untold, at: 50, iat: 50, by: one }],
      'was written at',
    ],
    ['a standby signs', [...first, { ...untold, by: two }], 'which was active never'],
    ['a stranger signs', [...first, { ...untold, by: three }], 'which was active never'],
    [
      'a key of no history signs',
      [...first, { event: 'revoked', key: two, at: 50, by: rsa }],
      'signed by the RS256 ring',
    ],
    ['a key tells its own end', [...first, { event: 'revoked', key: one, at: 50, by: one }], 'is signed by that key'],
    ['before it happened', [...first, { ...untold, iat: 40, by: one }], 'before what it tells happened'],
    [
      'time goes back',
      [...first, { ...untold, by: one }, { event: 'removed', key: three, at: 40, iat: 45, by: one }],
      'before entry 3',
    ],
    [
      'at before publication',
      [...first, { ...untold, by: one }, { event: 'removed', key: three, at: 20, iat: 60, by: one }],
      'before it was published',
    ],
    [
      'another issuer',
      [...first, { ...untold, by: one, claims: { iss: 'https://evil.example' } }],
      'is of the issuer https://evil.example',
    ],
    ['a wrong place', [...first, { ...untold, by: one, claims: { seq: 9 } }], 'says that it is entry 9'],
    ['a wrong hash', [...first, { ...untold, by: one, claims: { prev: 'x' } }], 'but the entry before it is'],
    ['a key under a false name', [...first, { ...untold, by: one, claims: { jwk: two.jwk } }], 'another thumbprint'],
    [
      'a private member',
      [...first, { ...untold, by: one, claims: { jwk: { ...three.jwk, d: 'AA' } } }],
      'and nothing else',
    ],
    ['no public half', [...first, { ...untold, by: one, claims: { jwk: undefined } }], 'jwk belongs to published'],
    ['a token for an entry', [...first, { ...untold, by: one, typ: 'at+jwt' }], 'the header of entry 3 is malformed'],
    ['a member nobody knows', [...first, { ...untold, by: one, claims: { note: 'x' } }], 'entry 3 is malformed'],
    [
      'an unknown event',
      [...first, { ...untold, by: one, claims: { event: 'blessed', jwk: undefined } }],
      'entry 3 is malformed',
    ],
    ['no entry', [], 'there is no entry in it'],
    ['the document is older than its end', [...first, { ...untold, by: one }], 'before its last entry', { iat: 10 }],
    [
      'the document is signed by who retired',
      [...first, ...turn],
      'signs no more',
      { by: one, iat: 100, keys: [retiredOne] },
    ],
    ['the document is signed by a standby', first, 'which was active never', { by: two }],
    ['the document is a token', first, 'the header of the document is malformed', { typ: 'at+jwt' }],
    ['the document leaves a key out', [...first, ...turn], 'the historical keys', { by: two }],
    ['the document adds a key', first, 'the historical keys', { keys: [retiredOne] }],
    [
      'the document hides a revocation',
      [...first, { event: 'removed', key: two, at: 50, by: one }],
      'the historical keys',
      { iat: 60 },
    ],
  ])('%s', async (_name, tellings, complaint, document = {}) => {
    expect(await verdictOn(tellings, document)).toMatch(complaint);
  });

  const underOwnName = async (key: ForgerKey, members: JWK): Promise<ForgerKey> => {
    const kid = await calculateJwkThumbprint(members);
    return { ...key, kid, jwk: { ...publicHalfOf(members, key.alg, kid) }, signer: { ...key.signer, kid } };
  };
  const { crv, x } = one.jwk as JWK & { readonly crv: string; readonly x: string };

  test.each<[string, ForgerKey, JWK]>([
    ['off its curve', one, { kty: 'EC', crv, x, y: x }],
    ['with a short coordinate', one, { kty: 'EC', crv, x: 'AA', y: x }],
    ['of another curve', one, { kty: 'EC', crv: 'P-384', x, y: x }],
    ['of 1024 bits', rsa, { kty: 'RSA', n: Buffer.alloc(128, 0xff).toString('base64url'), e: 'AQAB' }],
  ])('a key %s', async (_name, key, members) => {
    const forged = await underOwnName(key, members);
    const tellings = first.slice(0, 2).map((telling) => ({ ...telling, key: forged, by: forged }));
    expect(await verdictOn(tellings, { by: forged })).toBe(
      `entry 0 does not verify with the key ${forged.kid}: it was altered`,
    );
  });
});

describe('two copies', () => {
  const copyOf = async (tellings: readonly Telling[], document: Partial<ForgedDocument> = {}) =>
    verifyKeyHistory(await forgeDocument(await forgeChain(tellings), { by: one, iat: 200, ...document }));
  const published: Telling = { event: 'published', key: three, at: 50, by: one };

  test('are the same, or the live one has gone on', async () => {
    const [saved, live] = [
      await copyOf(first),
      await verifyKeyHistory(await forgeDocument(await forgeChain(first), { by: one, iat: 1 })),
    ];
    expect(compareKeyHistories(saved, saved)).toEqual({ outcome: 'same' });
    // ES256 signatures differ each time: the same events, told again, are another history.
    expect(compareKeyHistories(saved, live)).toMatchObject({ outcome: 'parted', seq: 0 });
  });

  test('part at the entry that differs, and both sides of it are shown', async () => {
    const chain = await forgeChain([...first, published]);
    const rewritten = await forgeChain([...first, { ...published, at: 60 }]);
    const begun = await verifyKeyHistory(await forgeDocument(chain.slice(0, 3), { by: one, iat: 200 }));
    const whole = await verifyKeyHistory(await forgeDocument(chain, { by: one, iat: 200 }));
    expect(compareKeyHistories(begun, whole)).toEqual({ outcome: 'live_went_on', seq: 3, added: 1 });
    expect(compareKeyHistories(whole, begun)).toEqual({ outcome: 'live_was_cut', seq: 3, missing: 1 });
    const other = await verifyKeyHistory(await forgeDocument(rewritten, { by: one, iat: 200 }));
    expect(compareKeyHistories(whole, other)).toMatchObject({ outcome: 'parted', seq: 0 });
  });
});
