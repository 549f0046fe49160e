// The claims parameter. OpenID Connect Core 1.0 §5.5: names of claims for the ID token and for userinfo; unknown ones are
// left out. An essential acr that cannot be met is an error (§5.5.1.1).

import { z } from 'zod';
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import { userClaimNames } from '../tokens/user_claims.ts';
import type { RequestedClaims } from './authorization_request.ts';

/** The only authentication context there is: a password. */
export const passwordAcr = '1';

const wish = z
  .object({ essential: z.boolean().optional(), value: z.unknown().optional(), values: z.array(z.unknown()).optional() })
  .nullable();
const wishes = z.record(z.string(), wish).optional();
const claimsParameter = z.object({ id_token: wishes, userinfo: wishes });

const namesOf = (asked: z.infer<typeof wishes>): readonly string[] =>
  Object.keys(asked ?? {}).filter((name) => userClaimNames.includes(name));

/** @throws {OAuthError} claims_malformed, essential_acr_unmet. */
export const checkClaims = (parameters: Parameters): RequestedClaims => {
  const text = parameters.get('claims');
  if (text === undefined) return { idToken: [], userinfo: [], sub: undefined };
  let parsed: z.infer<typeof claimsParameter>;
  try {
    parsed = claimsParameter.parse(JSON.parse(text));
  } catch (cause) {
    throw new OAuthError('claims_malformed', { cause });
  }
  const acr = parsed.id_token?.acr;
  const wanted = acr?.values ?? (acr?.value === undefined ? [] : [acr.value]);
  if (acr?.essential && wanted.length > 0 && !wanted.includes(passwordAcr)) throw new OAuthError('essential_acr_unmet');
  const sub = parsed.id_token?.sub?.value ?? parsed.userinfo?.sub?.value;
  return {
    idToken: namesOf(parsed.id_token),
    userinfo: namesOf(parsed.userinfo),
    sub: typeof sub === 'string' ? sub : undefined,
  };
};
