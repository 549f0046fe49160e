// What every SignerFactory does: signatures as RFC 7518 has them, of the key that was opened and no other.
import { compactVerify, importJWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { generateKey } from '../../src/keys/generate.ts';
import { encodeSegment } from '../../src/keys/segment.ts';
import type { SignerFactory } from '../../src/seams/signer.ts';

const rounds = 40;

export const describeSigners = (name: string, signers: SignerFactory): void => {
  describe.each(['ES256', 'RS256'] as const)(`SignerFactory: ${name}, %s`, (alg) => {
    test('signs what verifies with the public half, in the length of RFC 7518 §3, and with no other key', async () => {
      const [key, other] = [await generateKey(alg), await generateKey(alg)];
      const signer = await signers.open(key.privateJwk);
      expect([signer.kid, signer.alg]).toEqual([key.kid, alg]);
      const [own, strange] = [await importJWK(key.publicJwk, alg), await importJWK(other.publicJwk, alg)];
      const inputs = Array.from(
        { length: rounds },
        (_, round) => `${encodeSegment({ alg })}.${encodeSegment({ round, filler: 'x'.repeat(round * 7) })}`,
      );
      const signatures = await Promise.all(inputs.map((input) => signer.sign(input)));
      expect(new Set(signatures.map(({ length }) => length))).toEqual(new Set([alg === 'ES256' ? 64 : 256]));
      for (const [round, signature] of signatures.entries()) {
        const jws = `${inputs[round]}.${Buffer.from(signature).toString('base64url')}`;
        await expect(compactVerify(jws, own)).resolves.toBeDefined();
        await expect(compactVerify(jws, strange)).rejects.toThrow();
      }
    });

    test('a public key alone does not open', async () => {
      await expect(signers.open((await generateKey(alg)).publicJwk)).rejects.toThrow();
    });
  });
};
