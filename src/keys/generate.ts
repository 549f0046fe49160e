// Makes a key pair as JWKs: kid by thumbprint, use and alg set.
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { SigningAlgorithm } from '../seams/signer.ts';

const rsaModulusBits = 2048;

export interface GeneratedKey {
  /** RFC 7638 thumbprint with SHA-256, base64url. */
  readonly kid: string;
  readonly publicJwk: JWK;
  readonly privateJwk: JWK;
}

/** The public members of each key type, in the order they are published. @see RFC 7518 §6.2.1, §6.3.1 */
const publicMembers = { ES256: ['kty', 'crv', 'x', 'y'], RS256: ['kty', 'n', 'e'] } as const;

/** The public half alone: members are picked, never removed, so that no private one can slip through. */
export const publicHalfOf = (jwk: JWK, alg: SigningAlgorithm, kid: string): JWK => ({
  ...Object.fromEntries(publicMembers[alg].map((member) => [member, jwk[member]])),
  kid,
  use: 'sig',
  alg,
});

export const generateKey = async (alg: SigningAlgorithm): Promise<GeneratedKey> => {
  const pair = await generateKeyPair(alg, { extractable: true, modulusLength: rsaModulusBits });
  const privateJwk = await exportJWK(pair.privateKey);
  const kid = await calculateJwkThumbprint(privateJwk, 'sha256');
  return { kid, publicJwk: publicHalfOf(privateJwk, alg, kid), privateJwk: { ...privateJwk, kid, alg } };
};
