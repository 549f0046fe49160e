// Verifies tokens offline: RFC 9068 §4 with the rules of RFC 8725 §3, and ID tokens for relying parties.
import type { AccessTokenClaims, IdTokenClaims } from './claims.ts';
import type { VerifierOptions } from './verifier_options.ts';

/** What this sign-in expects of its ID token. */
export interface IdTokenExpectations {
  /** The `nonce` of the authentication request. A token that has one where none was sent is refused. */
  readonly nonce?: string;
  /** The access token that came with it: `at_hash` must be there and must be its. */
  readonly accessToken?: string;
  /** The `max_age` of the request: `auth_time` must be there and no older. */
  readonly maxAgeSeconds?: number;
}

export interface Verifier {
  /** @throws {TokenError} with the reason as its code. */
  verify(token: string): Promise<AccessTokenClaims>;
  /** @throws {TokenError} @see OpenID Connect Core 1.0 §3.1.3.7 https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation */
  verifyIdToken(token: string, expectations?: IdTokenExpectations): Promise<IdTokenClaims>;
  /** Settles when keys, and what is revoked, are at hand; nobody has to wait for it. @throws {TokenError} */
  ready(): Promise<void>;
  close(): void;
}

/** @throws {TypeError} when an option cannot be right: nothing is verified with a verifier half set up. */
export const createVerifier = (options: VerifierOptions): Verifier => {
  throw new TypeError(`not built yet: ${options.issuer}`);
};
