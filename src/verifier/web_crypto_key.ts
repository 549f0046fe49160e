// Verifies with WebCrypto, where node:crypto is not or is not faster: Workers, Bun, Deno, browsers. RFC 7518 §3.3, §3.4.
import type { PublicJwk } from './public_jwk.ts';
import type { VerificationAlgorithm, VerificationKey } from './verification_key.ts';

/** An ES256 signature is R || S in WebCrypto too. */
const parameters: Readonly<Record<VerificationAlgorithm, { readonly name: string; readonly namedCurve?: string }>> = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5' },
};

const ascii = new TextEncoder();

export const openWebKey = async ({ kid, alg, material }: PublicJwk): Promise<VerificationKey> => {
  const { subtle } = crypto;
  const algorithm = { ...parameters[alg], hash: 'SHA-256' };
  const key = await subtle.importKey('jwk', { ...material }, algorithm, false, ['verify']);
  // On Deno it is told here, and not before, that a point is not on the curve.
  await subtle.verify(algorithm, key, new Uint8Array(), new Uint8Array());
  return {
    kid,
    alg,
    verify: ({ signingInput, signature }) => subtle.verify(algorithm, key, signature, ascii.encode(signingInput)),
  };
};
