// The claims of an ID token. OpenID Connect Core 1.0 §2, §3.1.3.6.
import { hash } from 'node:crypto';
import type { Client } from '../seams/client_store.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { EndUserAuthorization } from './authorization.ts';
import { userClaims } from './user_claims.ts';

/** By whom, when, and for how long a token is signed. */
export interface Issuance {
  readonly issuer: string;
  readonly issuedAt: NumericDate;
  readonly lifetimeSeconds: number;
}

/** `at_hash`: the left half of SHA-256 over the access token's ASCII. ES256 and RS256 both hash with SHA-256. */
const accessTokenHash = (accessToken: string): string =>
  hash('sha256', accessToken, 'buffer').subarray(0, 16).toString('base64url');

/** @see OpenID Connect Core 1.0 §2 https://openid.net/specs/openid-connect-core-1_0.html#IDToken */
export const idTokenClaims = (
  { user, family }: EndUserAuthorization,
  client: Client,
  accessToken: string,
  { issuer, issuedAt, lifetimeSeconds }: Issuance,
) => ({
  ...userClaims(user, [...client.idTokenClaims, ...family.idTokenClaims]),
  iss: issuer,
  sub: user.sub,
  aud: client.clientId,
  exp: issuedAt + lifetimeSeconds,
  iat: issuedAt,
  auth_time: family.authTime,
  acr: family.acr,
  amr: family.amr,
  sid: family.sid,
  at_hash: accessTokenHash(accessToken),
  ...(family.nonce !== null && { nonce: family.nonce }),
});
