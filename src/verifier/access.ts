// Who may pass: a request's token is verified, and guards look at its claims. Each framework's middleware is this and the
// framework's way of saying it. RFC 6750 §3.1, RFC 9068 §4.
import { presentedToken, type RequestCredentials } from './bearer_token.ts';
import { credentialsMissing, type ProtectionSpace, type Refusal, refusal, unavailable } from './challenge.ts';
import type { AccessTokenClaims } from './claims.ts';
import { assertOptions, type OptionKinds } from './option_kinds.ts';
import type { ProtectedResourceMetadata } from './protected_resource.ts';
import type { TokenError } from './token_error.ts';

/** What middleware needs of a verifier. */
export interface AccessTokenVerifier<Claims extends AccessTokenClaims = AccessTokenClaims> {
  /** @throws {TokenError} */
  verify(token: string): Promise<Claims>;
}

export interface RequireTokenOptions {
  /** The `realm` of challenges. Default: `api`. */
  readonly realm?: string;
  /** Its URL goes into challenges as `resource_metadata`. RFC 9728 §5.1. */
  readonly protectedResource?: ProtectedResourceMetadata;
  /** Told of each refused request, for a log line: a refusal holds the reason and no token. */
  readonly onRefused?: (refusal: Refusal) => void;
}

const kinds: OptionKinds<RequireTokenOptions> = { realm: 'string', protectedResource: 'object', onRefused: 'function' };

/** A request whose token was verified. */
export interface Access<Claims extends AccessTokenClaims = AccessTokenClaims> {
  readonly claims: Claims;
  readonly space: ProtectionSpace;
  readonly onRefused: ((refusal: Refusal) => void) | undefined;
}

export type Outcome<Claims extends AccessTokenClaims> = Access<Claims> | { readonly refusal: Refusal };

/** Looks at a verified token's claims; gives the refusal of a token that may not do this. */
export type Guard = (access: Access) => Refusal | undefined;

const retryAfterSeconds = 5;
const printable = /^[\x20-\x7e]+$/;

/** By its name: a program may have two copies of the class. */
const isTokenError = (error: unknown): error is TokenError =>
  error instanceof Error && error.name === 'TokenError' && 'code' in error;

const descriptions: Readonly<Record<string, string>> = {
  token_expired: 'The access token has expired.',
  token_revoked: 'The access token was revoked.',
};

const tokenRefused = (error: TokenError, space: ProtectionSpace): Refusal => {
  const why = { reason: error.code, cause: error };
  if (error.retryable) return unavailable(retryAfterSeconds, why);
  const description = descriptions[error.code] ?? 'The access token is not one that is accepted here.';
  return refusal(401, { error: 'invalid_token', description }, space, why);
};

const malformed = {
  error: 'invalid_request',
  description: 'Expected one Authorization header, Bearer and a token, and no token anywhere else.',
} as const;

/** A token bound to a key proves nothing when it comes without the proof. RFC 9449 §7.2, RFC 8705 §3. */
const boundElsewhere = {
  error: 'invalid_token',
  description: 'The access token is bound to a key (cnf) and cannot be used as a Bearer token.',
} as const;

const judge = async <Claims extends AccessTokenClaims>(
  credentials: RequestCredentials,
  verifier: AccessTokenVerifier<Claims>,
  space: ProtectionSpace,
): Promise<{ readonly claims: Claims } | { readonly refusal: Refusal }> => {
  const presented = presentedToken(credentials);
  if (presented.kind === 'none') return { refusal: credentialsMissing(space) };
  if (presented.kind === 'malformed')
    return { refusal: refusal(400, malformed, space, { reason: 'credentials_malformed' }) };
  try {
    const claims = await verifier.verify(presented.token);
    if (claims.cnf === undefined) return { claims };
    return { refusal: refusal(401, boundElsewhere, space, { reason: 'token_bound' }) };
  } catch (error) {
    if (isTokenError(error)) return { refusal: tokenRefused(error, space) };
    throw error;
  }
};

/**
 * @returns what checks a request's credentials.
 * @throws {TypeError} when there is no verifier, or the realm cannot stand in a header.
 */
export const accessCheck = <Claims extends AccessTokenClaims>(
  verifier: AccessTokenVerifier<Claims>,
  options: RequireTokenOptions,
): ((credentials: RequestCredentials) => Promise<Outcome<Claims>>) => {
  if (typeof verifier?.verify !== 'function')
    throw new TypeError('requireToken has no verifier. Expected one of createVerifier({ issuer, audience }).');
  assertOptions('requireToken', options, kinds);
  const { realm = 'api', protectedResource, onRefused } = options;
  if (!printable.test(realm)) throw new TypeError(`The realm is ${JSON.stringify(realm)}; expected printable ASCII.`);
  const space = { realm, resourceMetadata: protectedResource?.url };
  return async (credentials) => {
    const judged = await judge(credentials, verifier, space);
    if ('claims' in judged) return { claims: judged.claims, space, onRefused };
    onRefused?.(judged.refusal);
    return judged;
  };
};
