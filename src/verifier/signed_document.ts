// Other documents the issuer signs, status lists and feeds: the same strictness, but each claim only where there is one.
import { assertIssuer } from './claim_checks.ts';
import type { NumericDate } from './claims.ts';
import type { JsonObject } from './json_object.ts';
import { quoted } from './quoted.ts';
import { assertNotExpired } from './time_claims.ts';
import { TokenError } from './token_error.ts';
import type { Policy } from './verifier_options.ts';

const dateIn = (claims: JsonObject, name: 'exp' | 'iat' | 'nbf'): NumericDate | undefined => {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new TokenError('claim_invalid', `${name} is ${quoted(value)}, expected seconds since 1970 as a number.`);
};

/** @throws {TokenError} issuer_mismatch, claim_invalid, token_expired, token_not_yet_valid */
export const checkDocument = (claims: JsonObject, policy: Policy, now: NumericDate): JsonObject => {
  if (claims.iss !== undefined) assertIssuer(claims, policy.issuer);
  const exp = dateIn(claims, 'exp');
  if (exp !== undefined) assertNotExpired(exp, now, policy.clockToleranceSeconds);
  const begins = Math.max(dateIn(claims, 'iat') ?? 0, dateIn(claims, 'nbf') ?? 0);
  if (begins > now + policy.clockToleranceSeconds)
    throw new TokenError('token_not_yet_valid', `The document is of ${begins}, ahead of this machine's clock.`);
  return claims;
};
