// A public key of the issuer that signatures can be checked with. One key has one algorithm. RFC 8725 §3.1.

/** The algorithms verified. RFC 7518 §3.1. */
export type VerificationAlgorithm = 'ES256' | 'RS256';

export interface VerificationKey {
  readonly kid: string;
  readonly alg: VerificationAlgorithm;
  /**
   * @param token - the compact JWS; `signature` is its last segment, decoded.
   * @returns whether the signature is this key's; a promise where the runtime has only WebCrypto.
   */
  verify(token: string, signature: Uint8Array): boolean | Promise<boolean>;
}
