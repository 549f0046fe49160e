import { createPrivateKey, createPublicKey, randomBytes, randomInt, sign, verify, type webcrypto } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { derToRawSignature, nodeCryptoSigners } from '../../src/adapters/node_crypto_signer.ts';
import { type GeneratedKey, generateKey } from '../../src/keys/generate.ts';
import { encodeSegment } from '../../src/keys/segment.ts';
import type { Signer } from '../../src/seams/signer.ts';
import { describeSigners } from '../contracts/signer.ts';

const manyInputs = 3000;

let keys: Readonly<Record<'ES256' | 'RS256', GeneratedKey>>;
beforeAll(async () => {
  keys = { ES256: await generateKey('ES256'), RS256: await generateKey('RS256') };
});

const openSigner = (alg: 'ES256' | 'RS256'): Promise<Signer> => nodeCryptoSigners.open(keys[alg].privateJwk);

const randomInput = (alg: string): string =>
  `${encodeSegment({ alg })}.${randomBytes(randomInt(1, 600)).toString('base64url')}`;

const webKeyOf = (alg: 'ES256' | 'RS256') => {
  const { publicJwk } = keys[alg];
  const algorithm =
    alg === 'ES256' ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  return crypto.subtle.importKey('jwk', { ...publicJwk } as webcrypto.JsonWebKey, algorithm, false, ['verify']);
};

describeSigners('node:crypto', nodeCryptoSigners);

describe.each(['ES256', 'RS256'] as const)('signatures by %s, RFC 7518 §3', (alg) => {
  const webAlgorithm = alg === 'ES256' ? { name: 'ECDSA', hash: 'SHA-256' } : { name: 'RSASSA-PKCS1-v1_5' };
  const inputs = alg === 'ES256' ? manyInputs : 200;

  test('verify with WebCrypto, for very many inputs, and have the length the RFC says', async () => {
    const [signer, key] = [await openSigner(alg), await webKeyOf(alg)];
    const texts = Array.from({ length: inputs }, () => randomInput(alg));
    const signatures = await Promise.all(texts.map((text) => signer.sign(text)));
    const verified = await Promise.all(
      signatures.map((signature, place) =>
        crypto.subtle.verify(webAlgorithm, key, Uint8Array.from(signature), Buffer.from(texts[place] ?? '')),
      ),
    );
    expect(verified.filter((good) => !good).length).toBe(0);
    expect(new Set(signatures.map(({ length }) => length))).toEqual(new Set([alg === 'ES256' ? 64 : 256]));
  });

  test('asked for at once each belong to their own input', async () => {
    const signer = await openSigner(alg);
    const publicKey = createPublicKey({ key: { ...keys[alg].publicJwk }, format: 'jwk' });
    const verifies = (text: string, signature: Uint8Array) =>
      verify('sha256', Buffer.from(text), { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
    const texts = [randomInput(alg), randomInput(alg), randomInput(alg)];
    const signatures = await Promise.all(texts.map((text) => signer.sign(text)));
    const matrix = texts.map((text) => signatures.map((signature) => verifies(text, signature)));
    expect(matrix).toEqual([
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ]);
  });
});

describe('from DER to R || S, RFC 7518 §3.4', () => {
  /** ECDSA-Sig-Value with two INTEGERs, as DER wants them: minimal, and with a zero before a set high bit. */
  const derOf = (...integers: readonly Uint8Array[]): Uint8Array => {
    const encoded = integers.map((integer) => {
      const first = integer.findIndex((byte) => byte !== 0);
      const minimal = first < 0 ? [0] : [...integer.subarray(first)];
      const content = (minimal[0] ?? 0) >= 0x80 ? [0, ...minimal] : minimal;
      return [2, content.length, ...content];
    });
    const body = encoded.flat();
    return Uint8Array.from([0x30, body.length, ...body]);
  };

  /** 32 bytes of which so many are zero at the start. */
  const coordinate = (zeros: number, next: number): Uint8Array => {
    const bytes = randomBytes(32).fill(0, 0, zeros);
    if (zeros < 32) bytes[zeros] = next;
    return bytes;
  };

  test.each([0, 1, 2, 15, 30, 31])('R and S that begin with %i zero bytes are filled up to 32 bytes each', (zeros) => {
    for (const next of [0x01, 0x7f, 0x80, 0xff])
      for (const [r, s] of [
        [coordinate(zeros, next), coordinate(0, 0xff)],
        [coordinate(0, 0x7f), coordinate(zeros, next)],
        [coordinate(zeros, next), coordinate(zeros, next)],
      ] as const) {
        expect(Buffer.from(derToRawSignature(derOf(r, s)))).toEqual(Buffer.concat([r, s]));
      }
  });

  test('what OpenSSL writes as DER verifies as R || S, for very many signatures, the short ones among them', () => {
    const { privateJwk, publicJwk } = keys.ES256;
    const key = createPrivateKey({ key: { ...privateJwk }, format: 'jwk' });
    const publicKey = createPublicKey({ key: { ...publicJwk }, format: 'jwk' });
    const lengths = new Set<number>();
    for (let round = 0; round < manyInputs; round += 1) {
      const data = randomBytes(16);
      const der = sign('sha256', data, key);
      lengths.add(der.length);
      const raw = derToRawSignature(der);
      const good = verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw);
      if (!good) throw new Error(`not verified: ${der.toString('hex')}`);
    }
    // 70, 71 and 72 bytes are common; shorter ones, with a short R or S, come about once in 128.
    expect(Math.min(...lengths)).toBeLessThan(70);
  });
});
