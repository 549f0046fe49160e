import { describe, expect, test } from 'vitest';
import { keysFromSet } from '../../src/verifier/keys_from_set.ts';
import { createVerifier } from '../../src/verifier/verifier.ts';
import {
  audience,
  encode,
  goodClaims,
  headerOf,
  issuer,
  type jwkSet,
  makeKey,
  makeToken,
  now,
  refusalOf,
  signatureOf,
  signRaw,
  verifierFor,
} from './signed_tokens.ts';

const es256 = makeKey('ES256');
const rs256 = makeKey('RS256');
const keys = [es256, rs256];
const verifier = verifierFor(keys);
const refused = (token: string) => refusalOf(verifier.verify(token));

describe('what a token may look like, RFC 7515, RFC 8725 §3', () => {
  test.each(keys)('a good $alg token gives its claims', async (key) => {
    expect(await verifier.verify(makeToken(key))).toEqual(goodClaims);
  });

  test.each(['none', 'None', 'nOnE', 'NONE'])('T001: alg %s is refused, with a signature and without', async (alg) => {
    const unsigned = `${encode({ ...headerOf(es256), alg })}.${encode(goodClaims)}`;
    expect(await refused(`${unsigned}.`)).toBe('algorithm_not_allowed');
    expect(await refused(`${unsigned}.${signatureOf(unsigned, es256).toString('base64url')}`)).toBe(
      'algorithm_not_allowed',
    );
  });

  test.each(keys)('T001: an empty $alg signature is refused', async (key) => {
    expect(await refused(makeToken(key).replace(/[^.]+$/, ''))).toBe('signature_invalid');
  });

  test.each(['HS256', 'HS384', 'HS512'])('T002: %s is refused, whatever the public key was used as', async (alg) => {
    expect(await refused(makeToken(rs256, {}, { alg }))).toBe('algorithm_not_allowed');
    expect(() => createVerifier({ issuer, audience, algorithms: [alg as 'ES256'] })).toThrow(TypeError);
  });

  test('T003: a header that names the algorithm of another key is refused, and so is an algorithm that is not ours', async () => {
    expect(await refused(makeToken(es256, {}, { alg: 'RS256' }))).toBe('algorithm_not_allowed');
    expect(await refused(makeToken(rs256, {}, { alg: 'ES256' }))).toBe('algorithm_not_allowed');
    for (const alg of ['PS256', 'RS384', 'ES384', 'EdDSA', 'rs256', '', 1, null, ['RS256']])
      expect(await refused(makeToken(rs256, {}, { alg }))).toBe('algorithm_not_allowed');
  });

  test('T003: an algorithm that this service does not take is refused', async () => {
    const onlyEs256 = verifierFor(keys, { algorithms: ['ES256'] });
    expect(await refusalOf(onlyEs256.verify(makeToken(rs256)))).toBe('algorithm_not_allowed');
  });

  test.each(['jwk', 'jku', 'x5u', 'x5c'])('T004: a header with %s is refused and nobody is called', async (member) => {
    const stranger = makeKey('ES256', es256.kid);
    const brought = { jwk: stranger.publicJwk, jku: 'https://evil.example/jwks', x5u: 'https://evil.example', x5c: [] };
    const header = { [member]: brought[member as keyof typeof brought] };
    let calls = 0;
    const watched = verifierFor([es256], { fetch: async () => Response.json({ keys: [], calls: ++calls }) });
    expect(await refusalOf(watched.verify(makeToken(stranger, {}, header)))).toBe('token_malformed');
    expect(calls).toBe(0);
  });

  test.each([
    ['a path', '../../dev/null', 'key_unknown'],
    ['SQL', "' OR 1=1--", 'key_unknown'],
    ['NUL', '\0', 'key_unknown'],
    ['the name of a method', 'constructor', 'key_unknown'],
    ['a prototype', '__proto__', 'key_unknown'],
    ['too long', 'k'.repeat(1000), 'token_malformed'],
    ['empty', '', 'token_malformed'],
    ['a number', 1, 'token_malformed'],
    ['an array', [es256.kid], 'token_malformed'],
    ['missing', undefined, 'token_malformed'],
  ])('T005: a kid that is %s is refused', async (_, kid, code) => {
    expect(await refused(makeToken(es256, {}, { kid }))).toBe(code);
  });

  test('T005: a kid of 1 MB is refused unread', async () => {
    expect(await refused(makeToken(es256, {}, { kid: 'k'.repeat(1_000_000) }))).toBe('token_too_large');
  });

  test('T005, T012: a header with a member twice is refused', async () => {
    const twice = `{"alg":"ES256","typ":"at+jwt","kid":"x","kid":${JSON.stringify(es256.kid)}}`;
    expect(await refused(signRaw(twice, goodClaims, es256))).toBe('token_malformed');
    const escaped = `{"alg":"ES256","typ":"at+jwt","\\u006bid":"x","kid":${JSON.stringify(es256.kid)}}`;
    expect(await refused(signRaw(escaped, goodClaims, es256))).toBe('token_malformed');
    const nested = `{"alg":"ES256","typ":"at+jwt","kid":${JSON.stringify(es256.kid)},"x":{"kid":":{[\\""}}`;
    expect(await verifier.verify(signRaw(nested, goodClaims, es256))).toEqual(goodClaims);
  });

  test.each([
    ['unknown', { crit: ['x'], x: 1 }],
    ['empty', { crit: [] }],
    ['naming what is absent', { crit: ['exp'] }],
    ['for b64', { crit: ['b64'], b64: false }],
    ['no array', { crit: 'x' }],
    ['null', { crit: null }],
  ])('T006: a crit that is %s is refused', async (_, header) => {
    expect(await refused(makeToken(es256, {}, header))).toBe('token_malformed');
  });

  test('T006: b64 without crit is refused', async () => {
    expect(await refused(makeToken(es256, {}, { b64: false }))).toBe('token_malformed');
  });

  test('T007: an ES256 signature that is not R || S of the curve is refused', async () => {
    const input = makeToken(es256).replace(/\.[^.]+$/, '');
    const good = signatureOf(input, es256);
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
    const zero = Buffer.alloc(32);
    const [r, s] = [good.subarray(0, 32), good.subarray(32)];
    const forged = [
      Buffer.alloc(64),
      Buffer.concat([r, zero]),
      Buffer.concat([zero, s]),
      Buffer.concat([order, s]),
      Buffer.concat([r, order]),
      Buffer.concat([order, order]),
      good.subarray(0, 63),
      Buffer.concat([good, zero.subarray(0, 1)]),
      Buffer.alloc(64, 0xff),
      Buffer.concat([zero.subarray(0, 16), r, zero.subarray(0, 16), s]),
      Buffer.concat([Buffer.from('30440220', 'hex'), r, Buffer.from('0220', 'hex'), s]),
    ];
    for (const signature of forged)
      expect(await refused(`${input}.${signature.toString('base64url')}`)).toBe('signature_invalid');
  });

  test.each(keys)(
    'T008: a $alg signature of another key with the same kid, or with any bit flipped, is refused',
    async (key) => {
      const token = makeToken(key);
      expect(await refused(makeToken(makeKey(key.alg, key.kid)))).toBe('signature_invalid');
      const input = token.replace(/\.[^.]+$/, '');
      const signature = signatureOf(input, key);
      for (let at = 0; at < signature.length; at += 1) {
        const flipped = Buffer.from(signature);
        flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
        expect(await refused(`${input}.${flipped.toString('base64url')}`)).toBe('signature_invalid');
      }
    },
  );

  test('T008: claims that were changed after signing are refused', async () => {
    const [header, , signature] = makeToken(es256).split('.');
    expect(await refused(`${header}.${encode({ ...goodClaims, sub: 'mallory' })}.${signature}`)).toBe(
      'signature_invalid',
    );
  });

  test.each([0, 1, 2])('T009: segment %i is strict base64url, or the token is refused', async (at) => {
    const segments = makeToken(rs256).split('.');
    const respelt = (change: (segment: string) => string) =>
      segments.map((segment, index) => (index === at ? change(segment) : segment)).join('.');
    const changes: readonly ((segment: string) => string)[] = [
      (segment) => `${segment}=`,
      (segment) => `${segment}==`,
      (segment) => ` ${segment}`,
      (segment) => `${segment}\n`,
      (segment) => `${segment.slice(0, 8)}\r\n${segment.slice(8)}`,
      (segment) => `${segment.slice(0, 4)}+${segment.slice(5)}`,
      (segment) => `${segment.slice(0, 4)}/${segment.slice(5)}`,
      (segment) => `${segment}A`.repeat(segment.length % 4 === 0 ? 1 : 0) || `${segment}!`,
      (segment) => `${segment.slice(0, 4)}\u{1f600}${segment.slice(6)}`,
      (segment) => `${segment.slice(0, 4)}\u0141${segment.slice(5)}`,
    ];
    for (const change of changes) expect(await refused(respelt(change))).toBe('token_malformed');
  });

  test('T009: bits that nothing uses must be zero: one token has one spelling', async () => {
    // 256 bytes are 342 characters, of whose last four bits are spare.
    const token = makeToken(rs256);
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.indexOf(token.at(-1) ?? '');
    const respelt = `${token.slice(0, -1)}${'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'[last + 1]}`;
    expect(Buffer.from(respelt, 'base64url')).toEqual(Buffer.from(token, 'base64url'));
    expect(await refused(respelt)).toBe('token_malformed');
  });

  test('T010: anything but three segments is refused', async () => {
    const token = makeToken(es256);
    const [header, payload, signature] = token.split('.');
    const json = { protected: header, payload, signature };
    const wrong = [
      '',
      '.',
      '..',
      `${header}.${payload}`,
      `${token}.`,
      `.${token}`,
      `${token}.${signature}`,
      `${token}.${payload}.${signature}`,
      '.'.repeat(10_000),
      JSON.stringify(json),
      JSON.stringify({ payload, signatures: [json] }),
    ];
    for (const text of wrong) expect(await refused(text)).toBe('token_malformed');
  });

  test.each([undefined, null, 1, {}, ['a.b.c']])('T010: what is no string is refused: %j', async (token) => {
    expect(await refused(token as unknown as string)).toBe('token_malformed');
    const remembering = verifierFor(keys, { rememberTokens: 10 });
    expect(await refusalOf(remembering.verify(token as unknown as string))).toBe('token_malformed');
  });

  test.each([
    ['an array', '[]', 'token_malformed'],
    ['a string', '"x"', 'token_malformed'],
    ['null', 'null', 'token_malformed'],
    ['a number', '1', 'token_malformed'],
    ['no JSON', '{"iss":', 'token_malformed'],
    ['nothing', '', 'token_malformed'],
    ['an empty object', '{}', 'issuer_mismatch'],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'token_malformed'],
    ['after a byte order mark', `\ufeff${JSON.stringify(goodClaims)}`, 'token_malformed'],
  ])('T011: a payload that is %s is refused', async (_, payload, code) => {
    expect(await refused(signRaw(headerOf(es256), payload, es256))).toBe(code);
  });

  test('T011: a header that is no object, or after a byte order mark, is refused', async () => {
    for (const header of ['[]', '"x"', 'null', '', `\ufeff${JSON.stringify(headerOf(es256))}`])
      expect(await refused(signRaw(header, goodClaims, es256))).toBe('token_malformed');
  });

  test('T012: of claims with one name the last counts, in the checks and in what is given out', async () => {
    const twice = `${JSON.stringify(goodClaims).slice(0, -1)},"aud":"https://other.example.com"}`;
    expect(await refused(signRaw(headerOf(es256), twice, es256))).toBe('audience_mismatch');
    const good = `{"aud":"https://other.example.com",${JSON.stringify(goodClaims).slice(1)}`;
    expect(await verifier.verify(signRaw(headerOf(es256), good, es256))).toEqual(goodClaims);
  });

  test.each([{}, { rememberTokens: 10 }])(
    'T013: claims named like a prototype are plain data, with %j',
    async (options) => {
      const payload = `{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},${JSON.stringify(goodClaims).slice(1)}`;
      const claims = await verifierFor(keys, options).verify(signRaw(headerOf(es256), payload, es256));
      expect(Object.getPrototypeOf(claims)).toBe(Object.prototype);
      expect(Object.hasOwn(claims, '__proto__')).toBe(true);
      expect(claims.admin).toBeUndefined();
      expect(({} as Record<string, unknown>).admin).toBeUndefined();
      expect(await refused(signRaw(`{"__proto__":${JSON.stringify(headerOf(es256))}}`, goodClaims, es256))).toBe(
        'algorithm_not_allowed',
      );
    },
  );

  test('T019: a JWE, whatever is nested in it, is refused', async () => {
    const header = encode({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT', kid: rs256.kid });
    const inner = `${encode({ alg: 'none' })}.${encode(goodClaims)}.`;
    expect(await refused(`${header}.${encode('key')}.${encode('iv')}.${encode(inner)}.${encode('tag')}`)).toBe(
      'token_malformed',
    );
    expect(await refused(signRaw({ ...headerOf(es256), cty: 'JWT' }, inner, es256))).toBe('token_malformed');
  });

  test('T020: a JWE with p2c of 10^9 is refused before anything is derived', async () => {
    const header = encode({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2s: encode('salt'), p2c: 1e9, kid: rs256.kid });
    const started = process.cpuUsage();
    expect(await refused(`${header}.${encode('key')}.${encode('iv')}.${encode('x')}.${encode('tag')}`)).toBe(
      'token_malformed',
    );
    expect(await refused(`${header}.${encode(goodClaims)}.${encode('x')}`)).toBe('token_malformed');
    expect(process.cpuUsage(started).user).toBeLessThan(1_000_000);
  });

  test.each(['zip', 'enc'])('T021: a header with %s is refused, and nothing is inflated', async (member) => {
    expect(await refused(makeToken(es256, {}, { [member]: 'DEF' }))).toBe('token_malformed');
  });

  test('T022: what is too big is refused before it is decoded', async () => {
    expect(await refused('x'.repeat(1_000_000))).toBe('token_too_large');
    expect(await refused(makeToken(es256, { filler: 'x'.repeat(1_000_000) }))).toBe('token_too_large');
    expect(await refused(makeToken(es256, {}, { filler: 'x'.repeat(10_000) }))).toBe('token_malformed');
    expect(await refused(makeToken(es256, {}, { filler: 'x'.repeat(100_000) }))).toBe('token_too_large');
  });

  test('T022: nesting as deep as the size allows is neither a crash nor slow', async () => {
    const deep = (levels: number) => `{"x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    const big = verifierFor(keys, { maxTokenBytes: 1_000_000 });
    expect(await refusalOf(big.verify(signRaw(headerOf(es256), deep(100_000), es256)))).toBe('issuer_mismatch');
    expect(await refused(signRaw(deep(700), goodClaims, es256))).toBe('algorithm_not_allowed');
    const remembering = verifierFor(keys, { maxTokenBytes: 1_000_000, rememberTokens: 10 });
    const nested = `${JSON.stringify(goodClaims).slice(0, -1)},"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect(await remembering.verify(signRaw(headerOf(es256), nested, es256))).toMatchObject(goodClaims);
  });

  test('T023: without a key there is no verifier', () => {
    for (const set of [{ keys: [] }, {}, undefined, '', { keys: [''] }, { keys: [{ kty: 'oct', k: '', kid: 'x' }] }])
      expect(() => keysFromSet(set as ReturnType<typeof jwkSet>)).toThrow(TypeError);
  });

  test.each([
    ['issuer', { issuer: '' }],
    ['issuer', { issuer: undefined }],
    ['issuer', { issuer: 'id.example.com' }],
    ['issuer', { issuer: 'https://id.example.com?x' }],
    ['URL', { issuer: 'http://id.example.com', keys: undefined }],
    ['audience', { audience: '' }],
    ['audience', { audience: [] }],
    ['audience', { audience: undefined }],
    ['audience', { audience: [audience, ''] }],
    ['algorithms', { algorithms: [] }],
    ['algorithms', { algorithms: ['none'] }],
    ['clockToleranceSeconds', { clockToleranceSeconds: 60 }],
    ['clockToleranceSeconds', { clockToleranceSeconds: -1 }],
    ['clockToleranceSeconds', { clockToleranceSeconds: '10' }],
    ['maxTokenBytes', { maxTokenBytes: Number.POSITIVE_INFINITY }],
    ['maxTokenSeconds', { maxTokenSeconds: Number.NaN }],
    ['rememberTokens', { rememberTokens: -1 }],
    ['requiredClaims', { requiredClaims: 'tenant' }],
    ['requiredClaims', { requiredClaims: [1] }],
    ['keys', { keys: null }],
    ['keys', { keys: '' }],
    ['keys', { keys: { keys: [es256.publicJwk] } }],
    ['keys', { keys: [es256.publicJwk] }],
    ['keys', { keys: () => es256.publicJwk }],
  ])('T023: a verifier is not set up with a wrong %s: %j', (name, options) => {
    expect(() => verifierFor(keys, options as object)).toThrow(new RegExp(name));
    expect(() => verifierFor(keys, options as object)).toThrow(TypeError);
  });

  test('a message holds nothing of the token but quoted, shortened claims', async () => {
    const hostile = 'x\n2026 INFO all is well '.repeat(50);
    const error = await verifier.verify(makeToken(es256, { iss: hostile })).catch((reason: Error) => reason);
    expect((error as Error).message).not.toContain('\n');
    expect((error as Error).message.length).toBeLessThan(400);
    expect(now).toBe(1_800_000_000);
  });
});
