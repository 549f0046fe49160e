import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openKeySet } from '../../src/verifier/jwk_set.ts';
import { keysFromIssuer, keysFromSet } from '../../src/verifier/keys_from_set.ts';
import { createVerifier } from '../../src/verifier/verifier.ts';
import { audience, issuer, jwkSet, makeKey, makeToken, now, refusalOf, type TestKey } from './signed_tokens.ts';

const es256 = makeKey('ES256');
const rs256 = makeKey('RS256');
const keys = [es256, rs256];

const open = (...members: readonly unknown[]) => openKeySet(JSON.stringify({ keys: members }));
const becauseOf = async (member: object): Promise<string | undefined> =>
  (await open({ ...member, kid: 'k' })).unusable.get('k');
const unpadded = (hex: string): string =>
  Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');

const verifierOf = (members: readonly unknown[]) =>
  createVerifier({
    issuer,
    audience,
    keys: keysFromIssuer(() => JSON.stringify({ keys: members })),
    clock: { now: () => now },
  });

const rsaJwkOf = (bits: number, exponent = 65537) =>
  generateKeyPairSync('rsa', { modulusLength: bits, publicExponent: exponent }).publicKey.export({ format: 'jwk' });

const modulusOf = ({ publicJwk }: TestKey): bigint =>
  BigInt(`0x${Buffer.from(publicJwk.n ?? '', 'base64url').toString('hex')}`);

describe('which keys of a set are used, RFC 7517 §4, RFC 7518 §6', () => {
  test.each([
    [512, 65537, /512 bits/],
    [1024, 65537, /1024 bits/],
    [2048, 3, /exponent/],
  ])('T024: an RSA key of %i bits with exponent %i is not used', async (bits, exponent, because) => {
    expect(await becauseOf(rsaJwkOf(bits, exponent))).toMatch(because);
  });

  test.each([
    ['AQ', /exponent/],
    ['Ag', /exponent/],
    ['AAEAAQ', /zero byte/],
    ['', /base64url/],
    ['AQAB=', /base64url/],
    [65537, /base64url/],
  ])('T024: an RSA key with e %j is not used', async (e, because) => {
    expect(await becauseOf({ ...rs256.publicJwk, e })).toMatch(because);
  });

  test('T024: an RSA key whose modulus is even, has a small factor or is absurdly long is not used', async () => {
    const n = modulusOf(rs256);
    expect(await becauseOf({ ...rs256.publicJwk, n: unpadded((n - 1n).toString(16)) })).toMatch(/small factor/);
    const ofThree = n - (n % 3n) + (n % 2n === (n - (n % 3n)) % 2n ? 0n : 3n);
    expect(await becauseOf({ ...rs256.publicJwk, n: unpadded(ofThree.toString(16)) })).toMatch(/small factor/);
    expect(await becauseOf({ ...rs256.publicJwk, n: Buffer.alloc(32_768, 0xff).toString('base64url') })).toMatch(
      /bits/,
    );
  });

  test('T024: an RSA modulus as the library of CVE-2017-15361 made them is not used', async () => {
    // Such primes are k * M + (65537^a mod M), M the product of the first primes: then the modulus is a power of 65537 mod M.
    const primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97];
    const more = [101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167];
    const product = [...primes, ...more].reduce((so, prime) => so * BigInt(prime), 1n);
    const power = Array.from({ length: 1234 }).reduce<bigint>((so) => (so * 65537n) % product, 1n);
    const start = ((1n << 2047n) / product + 1n) * product + power;
    expect(await becauseOf({ ...rs256.publicJwk, n: unpadded(start.toString(16)) })).toMatch(/CVE-2017-15361/);
    expect(await becauseOf(rs256.publicJwk)).toBeUndefined();
  });

  test('T025: a point off the curve, of another curve, at infinity or with a short coordinate is not used', async () => {
    const { x = '', y = '' } = es256.publicJwk;
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' });
    const zero = Buffer.alloc(32).toString('base64url');
    expect(await becauseOf({ ...es256.publicJwk, x: y, y: x })).toMatch(/not a point/);
    expect(await becauseOf({ ...es256.publicJwk, x: zero, y: zero })).toMatch(/not a point/);
    expect(await becauseOf({ ...es256.publicJwk, y: Buffer.alloc(32, 0xff).toString('base64url') })).toMatch(
      /not a point/,
    );
    expect(await becauseOf(p384)).toMatch(/curve/);
    expect(await becauseOf({ ...p384, crv: 'P-256' })).toMatch(/32 bytes/);
    expect(
      await becauseOf({ ...es256.publicJwk, x: Buffer.from(x, 'base64url').subarray(1).toString('base64url') }),
    ).toMatch(/32 bytes/);
    expect(await becauseOf({ ...es256.publicJwk, x: `${x}=` })).toMatch(/32 bytes/);
  });

  test('T028: key types, algorithms and uses nobody here knows are skipped, the others go on working', async () => {
    const strange = [
      null,
      'x',
      [],
      {},
      { kty: 'AKP', alg: 'ML-DSA-65', kid: 'pq', pub: 'AAAA' },
      { kty: 'OKP', crv: 'Ed25519', kid: 'ed', x: 'AAAA' },
      { kty: 'oct', kid: 'hmac', k: 'AAAA' },
      { kty: '__proto__', kid: 'proto' },
      { kty: 'toString', kid: 'method' },
      { ...rs256.publicJwk, kid: 'rs512', alg: 'RS512' },
      { ...rs256.publicJwk, kid: 'enc', use: 'enc' },
      { ...es256.publicJwk, kid: 'ops', key_ops: ['sign'] },
      { ...es256.publicJwk, kid: 1 },
      { ...es256.publicJwk, kid: '' },
    ];
    const verifier = verifierOf([...strange, ...keys.map(({ publicJwk }) => publicJwk)]);
    for (const key of keys) expect((await verifier.verify(makeToken(key))).sub).toBe('alice');
    for (const kid of ['rs512', 'enc']) {
      const borrowed = makeToken(rs256, {}, { kid });
      expect(await refusalOf(verifier.verify(borrowed))).toBe('key_unknown');
    }
  });

  test('T028: a key without alg has the one algorithm of its type', async () => {
    const bare = keys.map(({ publicJwk: { alg: _, use: __, ...jwk } }) => jwk);
    for (const key of keys) expect((await verifierOf(bare).verify(makeToken(key))).sub).toBe('alice');
    expect(await refusalOf(verifierOf(bare).verify(makeToken(rs256, {}, { alg: 'ES256' })))).toBe(
      'algorithm_not_allowed',
    );
  });

  test('T029: a kid that names two keys names none; one that stands twice the same is one', async () => {
    const other = makeKey('ES256', es256.kid);
    const twice = verifierOf([es256.publicJwk, other.publicJwk, es256.publicJwk]);
    for (const key of [es256, other]) expect(await refusalOf(twice.verify(makeToken(key)))).toBe('key_unknown');
    const hidden = verifierOf([{ kty: 'OKP', kid: es256.kid }, es256.publicJwk]);
    expect(await refusalOf(hidden.verify(makeToken(es256)))).toBe('key_unknown');
    const same = verifierOf([es256.publicJwk, es256.publicJwk]);
    expect((await same.verify(makeToken(es256))).sub).toBe('alice');
  });

  test('T029: a token without kid is refused, even when one key alone could have signed it', async () => {
    const verifier = verifierOf([es256.publicJwk]);
    expect(await refusalOf(verifier.verify(makeToken(es256, {}, { kid: undefined })))).toBe('token_malformed');
  });

  test('T030: a key whose private half was published is not used', async () => {
    const { d } = createPrivateKey({ key: es256.privateKey.export({ format: 'jwk' }), format: 'jwk' }).export({
      format: 'jwk',
    });
    expect(await becauseOf({ ...es256.publicJwk, d })).toMatch(/private half/);
    expect(() => keysFromSet({ keys: [{ ...es256.publicJwk, d }] })).toThrow(TypeError);
  });

  test('a refused key is told apart from an unknown one in the message, not in the code', async () => {
    const verifier = verifierOf([{ ...rsaJwkOf(1024), kid: rs256.kid }]);
    await expect(verifier.verify(makeToken(rs256))).rejects.toThrow(/1024 bits/);
    await expect(verifierOf([]).verify(makeToken(rs256))).rejects.toThrow(/no key with the kid/);
  });

  test.each(['', 'null', '[]', '{}', '{"keys":{}}', '{"keys":"x"}', '<html>'])('%j is no key set', async (text) => {
    await expect(openKeySet(text)).rejects.toThrow(/JWK Set/);
  });

  test('a key that is in the next set too stays the same object; one that changed does not', async () => {
    const first = await open(es256.publicJwk, rs256.publicJwk);
    const changed = makeKey('RS256', rs256.kid).publicJwk;
    const second = await openKeySet(JSON.stringify({ keys: [es256.publicJwk, changed] }), first);
    expect(second.keys.get(es256.kid)).toBe(first.keys.get(es256.kid));
    expect(second.keys.get(rs256.kid)?.key).not.toBe(first.keys.get(rs256.kid)?.key);
  });
});

describe('the key set of an issuer in the same process', () => {
  test('counts from the moment it is published', async () => {
    let published = JSON.stringify(jwkSet(es256));
    const verifier = createVerifier({
      issuer,
      audience,
      keys: keysFromIssuer(() => published),
      clock: { now: () => now },
    });
    expect((await verifier.verify(makeToken(es256))).sub).toBe('alice');
    published = JSON.stringify(jwkSet(rs256));
    expect(await refusalOf(verifier.verify(makeToken(es256)))).toBe('key_unknown');
    expect((await verifier.verify(makeToken(rs256))).sub).toBe('alice');
    published = 'no longer one';
    expect(await refusalOf(verifier.verify(makeToken(rs256)))).toBe('keys_unavailable');
    published = JSON.stringify(jwkSet(rs256));
    expect((await verifier.verify(makeToken(rs256))).sub).toBe('alice');
  });
});
