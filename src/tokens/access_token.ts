// The claims of an access token. RFC 9068 §2.2.
import { randomUUID } from 'node:crypto';
import type { AllocatedPlace } from '../status_lists/place_allocator.ts';
import type { Authorization, EndUserAuthorization } from './authorization.ts';
import type { Issuance } from './id_token.ts';
import { statusListUri } from './status_list_token.ts';
import { userClaims } from './user_claims.ts';

/** The claims only Keyturn may set; a resource's own claims cannot take their place. */
export const reservedClaims: readonly string[] = [
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'scope', 'family_id'],
  ...['auth_time', 'acr', 'amr', 'sid', 'nonce', 'azp', 'at_hash', 'cnf', 'act', 'may_act', 'status', 'events'],
];

/** How and when the end-user signed in (RFC 9068 §2.2.1); `family_id` is ours, and finds what revocation ended. */
const endUserClaims = ({ user, family }: EndUserAuthorization, names: readonly string[]) => ({
  ...userClaims(user, names),
  auth_time: family.authTime,
  acr: family.acr,
  amr: family.amr,
  sid: family.sid,
  family_id: family.familyId,
});

/** How long a token is good for, and its place in a status list where its resource wants one. */
export interface AccessTokenIssuance extends Issuance {
  readonly place?: AllocatedPlace | undefined;
}

/** Token Status List §6.2. */
const statusOf = ({ listId, index }: AllocatedPlace, issuer: string) => ({
  status_list: { idx: index, uri: statusListUri(issuer, listId) },
});

/** @see RFC 9068 §2.2 https://www.rfc-editor.org/rfc/rfc9068#section-2.2 */
export const accessTokenClaims = (
  { client, subject, resource, scope, endUser }: Authorization,
  { issuer, issuedAt, lifetimeSeconds, place }: AccessTokenIssuance,
) => ({
  ...resource.claims,
  ...(endUser && endUserClaims(endUser, resource.accessTokenClaims)),
  iss: issuer,
  sub: subject,
  aud: resource.resource,
  exp: issuedAt + lifetimeSeconds,
  iat: issuedAt,
  jti: place?.jti ?? randomUUID(),
  client_id: client.clientId,
  ...(scope.length > 0 && { scope: scope.join(' ') }),
  ...(place !== undefined && { status: statusOf(place, issuer) }),
});
