// Why a token is refused: one error, a stable code, a message for whoever reads the log. Nothing of the token but quoted,
// shortened claims is in it. RFC 6750 §3.1 has what a client is told.

/** Stable: code may branch on these, and a new one is a minor release. */
export type TokenErrorCode =
  /** Not three strict base64url segments of JSON objects, or a header with what is never accepted (crit, jwk, jku...). */
  | 'token_malformed'
  /** Longer than `maxTokenBytes`; nothing of it was decoded. */
  | 'token_too_large'
  /** `alg` is not one of `algorithms`, or not the one algorithm of the key. */
  | 'algorithm_not_allowed'
  /** `typ` is that of another kind of token. */
  | 'type_mismatch'
  /** No key with this `kid` in the issuer's set, or two different ones. */
  | 'key_unknown'
  | 'signature_invalid'
  /** A claim is missing, or of the wrong kind. */
  | 'claim_invalid'
  | 'issuer_mismatch'
  | 'audience_mismatch'
  | 'token_expired'
  /** `nbf` or `iat` lies in the future. */
  | 'token_not_yet_valid'
  /** `exp` lies further ahead than `maxTokenSeconds`, as when it is in milliseconds. */
  | 'token_lives_too_long'
  /** ID tokens: `nonce`, `azp`, `at_hash` or `auth_time` is not what this sign-in expects. */
  | 'nonce_mismatch'
  | 'authorized_party_mismatch'
  | 'access_token_mismatch'
  | 'authentication_too_old'
  /** Revoked at the issuer: this token, its session, its subject or its client. */
  | 'token_revoked'
  /** What is known of revocation is too old, and the policy is to refuse then. */
  | 'revocation_stale'
  /** There is no usable key set: the issuer has not been reached for too long. */
  | 'keys_unavailable';

/** The verifier's surroundings are at fault, not the token: answer 503, not 401. */
const unavailable: ReadonlySet<TokenErrorCode> = new Set(['keys_unavailable', 'revocation_stale']);

export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly code: TokenErrorCode;

  constructor(code: TokenErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Whether the same token may be accepted later, when the issuer can be reached again: 503, not 401. */
  get retryable(): boolean {
    return unavailable.has(this.code);
  }
}
