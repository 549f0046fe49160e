// What a verifier is told, its defaults, and what is refused when it is set up.
import type { NumericDate } from './claims.ts';
import type { KeySource } from './key_source.ts';
import type { RevocationCheck } from './revocation_check.ts';
import type { VerificationAlgorithm } from './verification_key.ts';

export interface Clock {
  now(): NumericDate;
}

export interface VerifierOptions {
  /** The issuer identifier, compared byte for byte with `iss`. */
  readonly issuer: string;
  /** This service's identifier: `aud` must hold one of these. For ID tokens, the client_id. */
  readonly audience: string | readonly string[];
  /** Default: ES256 and RS256. */
  readonly algorithms?: readonly VerificationAlgorithm[];
  /** The `typ` of the tokens `verify` takes. Default: `at+jwt`. RFC 9068 §2.1. */
  readonly typ?: string;
  /** How far the issuer's clock may be off this one, 0 to 59. Default: 10. */
  readonly clockToleranceSeconds?: number;
  /** The longest token that is looked at. Default: 16384. */
  readonly maxTokenBytes?: number;
  /** The furthest ahead `exp` may lie. Default: 86400. */
  readonly maxTokenSeconds?: number;
  /** Claims that must be there beside those of RFC 9068 §2.2. */
  readonly requiredClaims?: readonly string[];
  /** Default: `keysFromUrl` of `issuer` and `/.well-known/jwks.json`. */
  readonly keys?: KeySource;
  /** Default: none; a token is good until it expires. */
  readonly revocation?: RevocationCheck;
  /** How many verified tokens are remembered, so that the next use costs a hash instead of a signature. Default: 0. */
  readonly rememberTokens?: number;
  /** For tests. */
  readonly clock?: Clock;
  /** For tests, and for service bindings: asks for the key set and for what is revoked. */
  readonly fetch?: typeof globalThis.fetch;
}
