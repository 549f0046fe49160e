// What the claims of an access token must say before a resource server believes them. RFC 9068 §2.2, §4.
import { assertAudience, assertIssuer, assertOptionalString, assertPresent, assertStrings } from './claim_checks.ts';
import type { AccessTokenClaims, NumericDate } from './claims.ts';
import type { JsonObject } from './json_object.ts';
import { assertTimes } from './time_claims.ts';
import type { Policy } from './verifier_options.ts';

const requiredStrings = ['sub', 'client_id', 'jti'] as const;

/** @throws {TokenError} */
export const checkAccessToken = (claims: JsonObject, policy: Policy, now: NumericDate): AccessTokenClaims => {
  assertIssuer(claims, policy.issuer);
  assertAudience(claims, policy.audiences);
  assertTimes(claims, policy, now);
  assertStrings(claims, requiredStrings);
  assertOptionalString(claims, 'scope');
  assertPresent(claims, policy.requiredClaims);
  // All that AccessTokenClaims names was checked above.
  return claims as unknown as AccessTokenClaims;
};
