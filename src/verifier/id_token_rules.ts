// What the claims of an ID token must say before a relying party signs anyone in. OpenID Connect Core 1.0 §3.1.3.7.
import { encodeBase64url } from './base64url.ts';
import { assertAudience, assertIssuer, assertOptionalString, assertStrings } from './claim_checks.ts';
import type { IdTokenClaims, NumericDate } from './claims.ts';
import type { JsonObject } from './json_object.ts';
import { assertOptions, type OptionKinds } from './option_kinds.ts';
import { quoted } from './quoted.ts';
import { assertAuthenticatedSince, assertTimes } from './time_claims.ts';
import { TokenError } from './token_error.ts';
import type { Policy } from './verifier_options.ts';

/** What this sign-in expects of its ID token. */
export interface IdTokenExpectations {
  /** The `nonce` of the authentication request. A token that has one where none was sent is refused. */
  readonly nonce?: string;
  /** The access token that came with it: `at_hash` must be there and must be its. */
  readonly accessToken?: string;
  /** The `max_age` of the request: `auth_time` must be there and no older. */
  readonly maxAgeSeconds?: number;
}

const kinds: OptionKinds<IdTokenExpectations> = { nonce: 'string', accessToken: 'string', maxAgeSeconds: 'checked' };

const assertNonce = (claims: JsonObject, expected: string | undefined): void => {
  if (claims.nonce !== expected)
    throw new TokenError(
      'nonce_mismatch',
      'nonce is not the one of the authentication request: the token belongs to another sign-in.',
    );
};

/** §3.1.3.7, 3 to 5: made for this client alone, and asked for by it. */
const assertAuthorizedParty = (claims: JsonObject, { audiences: ours }: Policy): void => {
  const audiences = assertAudience(claims, ours);
  const stranger = audiences.find((audience) => !ours.includes(audience));
  if (stranger !== undefined)
    throw new TokenError('audience_mismatch', `aud has ${quoted(stranger)} too, which this service does not trust.`);
  const { azp } = claims;
  if (azp === undefined && audiences.length === 1) return;
  if (typeof azp !== 'string' || !ours.includes(azp))
    throw new TokenError(
      'authorized_party_mismatch',
      `azp is ${quoted(azp)}, expected ${ours.map(quoted).join(' or ')}.`,
    );
};

/** `at_hash`: the left half of the hash of the algorithm; ES256 and RS256 both have SHA-256. §3.1.3.6. */
const accessTokenHash = async (accessToken: string): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(accessToken));
  return encodeBase64url(new Uint8Array(digest, 0, digest.byteLength / 2));
};

const assertAccessToken = async ({ at_hash }: JsonObject, accessToken: string): Promise<void> => {
  if (at_hash !== (await accessTokenHash(accessToken)))
    throw new TokenError(
      'access_token_mismatch',
      'at_hash is not that of the access token that came with the ID token.',
    );
};

/** @throws {TypeError} when an expectation cannot be one. @throws {TokenError} */
export const checkIdToken = async (
  claims: JsonObject,
  expectations: IdTokenExpectations,
  policy: Policy,
  now: NumericDate,
): Promise<IdTokenClaims> => {
  assertOptions('verifyIdToken', expectations, kinds);
  const { nonce, accessToken, maxAgeSeconds } = expectations;
  assertIssuer(claims, policy.issuer);
  assertAuthorizedParty(claims, policy);
  assertTimes(claims, policy, now);
  assertStrings(claims, ['sub']);
  assertOptionalString(claims, 'nonce');
  assertNonce(claims, nonce);
  if (maxAgeSeconds !== undefined) assertAuthenticatedSince(claims, now - maxAgeSeconds - policy.clockToleranceSeconds);
  if (accessToken !== undefined) await assertAccessToken(claims, accessToken);
  // All that IdTokenClaims names was checked above.
  return claims as unknown as IdTokenClaims;
};
