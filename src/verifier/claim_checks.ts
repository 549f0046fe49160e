// Checks of claims that access tokens and ID tokens share: `iss`, `aud`, and that the others are what they should be.
// RFC 7519 §4.1, RFC 8725 §3.8 and §3.9.
import type { JsonObject } from './json_object.ts';
import { quoted } from './quoted.ts';
import { TokenError } from './token_error.ts';

/** @throws {TokenError} issuer_mismatch */
export const assertIssuer = ({ iss }: JsonObject, issuer: string): void => {
  if (iss !== issuer)
    throw new TokenError(
      'issuer_mismatch',
      `iss is ${quoted(iss)}, expected ${quoted(issuer)}; they are compared byte for byte.`,
    );
};

/** @returns the audiences. @throws {TokenError} claim_invalid, audience_mismatch */
export const assertAudience = ({ aud }: JsonObject, audiences: readonly string[]): readonly string[] => {
  const members: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (members.length === 0 || !members.every((member) => typeof member === 'string' && member !== ''))
    throw new TokenError('claim_invalid', `aud is ${quoted(aud)}, expected a string, or an array of them.`);
  if (!audiences.some((audience) => members.includes(audience)))
    throw new TokenError(
      'audience_mismatch',
      `aud is ${quoted(aud)}, expected ${audiences.map(quoted).join(' or ')}: the token is for another service.`,
    );
  return members as readonly string[];
};

/** @throws {TokenError} claim_invalid */
export const assertStrings = (claims: JsonObject, names: readonly string[]): void => {
  for (const name of names)
    if (typeof claims[name] !== 'string' || claims[name] === '')
      throw new TokenError('claim_invalid', `${name} is ${quoted(claims[name])}, expected a string.`);
};

/** @throws {TokenError} claim_invalid */
export const assertOptionalString = (claims: JsonObject, name: string): void => {
  if (claims[name] !== undefined && typeof claims[name] !== 'string')
    throw new TokenError('claim_invalid', `${name} is ${quoted(claims[name])}, expected a string.`);
};

/** @throws {TokenError} claim_invalid */
export const assertPresent = (claims: JsonObject, names: readonly string[]): void => {
  const missing = names.find((name) => !Object.hasOwn(claims, name) || claims[name] === null);
  if (missing !== undefined) throw new TokenError('claim_invalid', `${missing} is missing.`);
};
