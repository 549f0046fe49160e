// What is in the tokens that verify: only what was checked has a type, everything else is `unknown`. RFC 7519 §4.1.

/** Seconds since 1970-01-01T00:00:00Z, whole or not. RFC 7519 §2. */
export type NumericDate = number;

export interface Clock {
  now(): NumericDate;
}

/** The claims every verified token has, whatever its type. */
export interface VerifiedClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  readonly exp: NumericDate;
  readonly iat: NumericDate;
  readonly nbf?: NumericDate;
  readonly [claim: string]: unknown;
}

/** @see RFC 9068 §2.2 https://www.rfc-editor.org/rfc/rfc9068#section-2.2 */
export interface AccessTokenClaims extends VerifiedClaims {
  readonly client_id: string;
  readonly jti: string;
  /** Scope values by single spaces. */
  readonly scope?: string;
}

/** @see OpenID Connect Core 1.0 §2 https://openid.net/specs/openid-connect-core-1_0.html#IDToken */
export interface IdTokenClaims extends VerifiedClaims {
  readonly nonce?: string;
  readonly azp?: string;
}
