// The claims of an access token. RFC 9068 §2.2.
import { randomUUID } from 'node:crypto';
import type { NumericDate } from '../seams/clock.ts';
import type { Authorization } from './authorization.ts';

/** The claims only Keyturn may set; a resource's own claims cannot take their place. */
export const reservedClaims: readonly string[] = [
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'scope'],
  ...['auth_time', 'acr', 'amr', 'sid', 'nonce', 'azp', 'at_hash', 'cnf', 'act', 'may_act', 'status', 'events'],
];

/** @see RFC 9068 §2.2 https://www.rfc-editor.org/rfc/rfc9068#section-2.2 */
export const accessTokenClaims = (
  { client, subject, resource, scope }: Authorization,
  issuer: string,
  issuedAt: NumericDate,
  lifetimeSeconds: number,
) => ({
  ...resource.claims,
  iss: issuer,
  sub: subject,
  aud: resource.resource,
  exp: issuedAt + lifetimeSeconds,
  iat: issuedAt,
  jti: randomUUID(),
  client_id: client.clientId,
  ...(scope.length > 0 && { scope: scope.join(' ') }),
});
