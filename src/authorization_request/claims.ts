// The claims parameter. OpenID Connect Core 1.0 §5.5: names of claims for the ID token and for userinfo. Unknown ones are
// left out, and those of scope values that the client may not ask for. An essential acr that cannot be met is an error (§5.5.1.1).

import { z } from 'zod';
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import type { Client } from '../seams/client_store.ts';
import { claimNamesOf, userClaimNames } from '../tokens/user_claims.ts';
import type { RequestedClaims } from './authorization_request.ts';

/** The only authentication context there is: a password. */
export const passwordAcr = '1';

const wish = z
  .object({ essential: z.boolean().optional(), value: z.unknown().optional(), values: z.array(z.unknown()).optional() })
  .nullable();
/** Claims we have none of may be asked for in ways of their own, as `verified_claims` by a list; they are not looked at. */
const wishes = z
  .object(Object.fromEntries(['acr', 'sub', ...userClaimNames].map((name) => [name, wish.optional()])))
  .optional();
const claimsParameter = z.object({ id_token: wishes, userinfo: wishes });

const namesOf = (asked: z.infer<typeof wishes>, allowed: readonly string[]): readonly string[] =>
  Object.keys(asked ?? {}).filter((name) => allowed.includes(name));

type Wish = z.infer<typeof wish>;

/** The values a claim is to have one of; undefined where any will do. */
const wantedOf = (asked: Wish | undefined): readonly unknown[] | undefined =>
  asked?.values ?? (asked?.value === undefined ? undefined : [asked.value]);

/** Whom both halves name; what is no text is nobody's `sub`. */
const wantedSubs = (asked: readonly (Wish | undefined)[]): readonly string[] | undefined => {
  const [first, ...others] = asked.map(wantedOf).filter((wanted) => wanted !== undefined);
  return first
    ?.filter((sub) => typeof sub === 'string')
    .filter((sub) => others.every((wanted) => wanted.includes(sub)));
};

/** @throws {OAuthError} claims_malformed, essential_acr_unmet. */
export const checkClaims = (parameters: Parameters, { scope }: Client): RequestedClaims => {
  const text = parameters.get('claims');
  if (text === undefined) return { idToken: [], userinfo: [], subs: undefined };
  let parsed: z.infer<typeof claimsParameter>;
  try {
    parsed = claimsParameter.parse(JSON.parse(text));
  } catch (cause) {
    throw new OAuthError('claims_malformed', { cause });
  }
  const acr = parsed.id_token?.acr;
  const wanted = wantedOf(acr) ?? [];
  if (acr?.essential && wanted.length > 0 && !wanted.includes(passwordAcr)) throw new OAuthError('essential_acr_unmet');
  const allowed = claimNamesOf(scope);
  return {
    idToken: namesOf(parsed.id_token, allowed),
    userinfo: namesOf(parsed.userinfo, allowed),
    subs: wantedSubs([parsed.id_token?.sub, parsed.userinfo?.sub]),
  };
};
