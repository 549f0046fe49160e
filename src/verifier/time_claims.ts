// The claims about time, RFC 7519 §4.1.4 to §4.1.6: numbers, within the tolerance, and no further ahead than a token lives.
import type { NumericDate } from './claims.ts';
import type { JsonObject } from './json_object.ts';
import { quoted } from './quoted.ts';
import { TokenError } from './token_error.ts';

export interface TimeRules {
  readonly clockToleranceSeconds: number;
  readonly maxTokenSeconds: number;
}

/** JSON.parse makes Infinity of 1e400. */
const isNumericDate = (value: unknown): value is NumericDate =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

const requiredDate = (claims: JsonObject, name: 'exp' | 'iat' | 'nbf' | 'auth_time'): NumericDate => {
  const value = claims[name];
  if (isNumericDate(value)) return value;
  throw new TokenError('claim_invalid', `${name} is ${quoted(value)}, expected seconds since 1970 as a number.`);
};

const assertBegun = (name: 'iat' | 'nbf', date: NumericDate, now: NumericDate, toleranceSeconds: number): void => {
  if (date > now + toleranceSeconds)
    throw new TokenError(
      'token_not_yet_valid',
      `${name} is ${date}, ${Math.ceil(date - now)} s ahead of this machine's clock; expected at most ${toleranceSeconds} s.`,
    );
};

export const assertNotExpired = (exp: NumericDate, now: NumericDate, toleranceSeconds: number): void => {
  if (now >= exp + toleranceSeconds)
    throw new TokenError('token_expired', `The token expired ${Math.floor(now - exp)} s ago, at ${exp}.`);
};

/** @throws {TokenError} claim_invalid, token_expired, token_lives_too_long, token_not_yet_valid */
export const assertTimes = (claims: JsonObject, rules: TimeRules, now: NumericDate): void => {
  const { clockToleranceSeconds, maxTokenSeconds } = rules;
  const exp = requiredDate(claims, 'exp');
  const iat = requiredDate(claims, 'iat');
  assertNotExpired(exp, now, clockToleranceSeconds);
  if (exp - now > maxTokenSeconds + clockToleranceSeconds)
    throw new TokenError(
      'token_lives_too_long',
      `exp is ${exp}, ${Math.ceil(exp - now)} s ahead; expected at most ${maxTokenSeconds} s. Are these milliseconds?`,
    );
  assertBegun('iat', iat, now, clockToleranceSeconds);
  if (claims.nbf !== undefined) assertBegun('nbf', requiredDate(claims, 'nbf'), now, clockToleranceSeconds);
};

/** @throws {TokenError} claim_invalid, authentication_too_old. OpenID Connect Core 1.0 §3.1.3.7, 13. */
export const assertAuthenticatedSince = (claims: JsonObject, oldest: NumericDate): void => {
  const authTime = requiredDate(claims, 'auth_time');
  // Nothing is later than NaN, what an age becomes that was never set.
  if (!(authTime >= oldest))
    throw new TokenError(
      'authentication_too_old',
      `auth_time is ${authTime}, expected ${Math.floor(oldest)} or later.`,
    );
};
