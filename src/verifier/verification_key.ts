// A public key of the issuer that signatures can be checked with. One key has one algorithm. RFC 8725 §3.1.
import type { CompactJws } from './compact_jws.ts';
import { openNodeKey } from './node_crypto_key.ts';
import type { PublicJwk } from './public_jwk.ts';
import { nodeCrypto } from './runtime.ts';
import { openWebKey } from './web_crypto_key.ts';

/** The algorithms verified. RFC 7518 §3.1. */
export type VerificationAlgorithm = 'ES256' | 'RS256';

export const verificationAlgorithms: readonly VerificationAlgorithm[] = ['ES256', 'RS256'];

export interface VerificationKey {
  readonly kid: string;
  readonly alg: VerificationAlgorithm;
  /** @returns whether the signature is this key's; a promise where the runtime has only WebCrypto. */
  verify(jws: CompactJws): boolean | Promise<boolean>;
}

/** Rejects when the runtime cannot make a key of it: a point that is not on the curve, above all. */
export const openVerificationKey = async (jwk: PublicJwk): Promise<VerificationKey> =>
  nodeCrypto === undefined ? openWebKey(jwk) : openNodeKey(jwk, nodeCrypto);
