import type { JWK } from 'jose';

/** The signature algorithms Keyturn signs with, each with a ring of its own. @see RFC 7518 §3.1 */
export const signingAlgorithms = ['ES256', 'RS256'] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** One private key, opened. What holds it (memory, a KMS, a PKCS#11 token) is the adapter's affair. */
export interface Signer {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /**
   * @param signingInput - the JWS signing input, ASCII: BASE64URL(header) "." BASE64URL(payload).
   * @returns the signature; for ES256 the 64 bytes R || S of RFC 7518 §3.4, never DER.
   * @see RFC 7515 §5.1 https://www.rfc-editor.org/rfc/rfc7515#section-5.1
   */
  sign(signingInput: string): Promise<Uint8Array>;
}

/** Opens private keys for signing. */
export interface SignerFactory {
  /** @param privateJwk - a private JWK whose `alg` and `kid` are set. */
  open(privateJwk: JWK): Promise<Signer>;
}
