// grant_type=client_credentials: the client acts for itself. RFC 6749 §4.4; no refresh token (§4.4.3).
import { OAuthError } from '../errors.ts';
import type { Grant } from './grant.ts';
import { requestedResource } from './requested_resource.ts';
import { requestedScope } from './requested_scope.ts';

/**
 * @returns an Authorization whose subject is the client itself (RFC 9068 §2.2).
 * @throws {OAuthError} unauthorized_client: client_public; invalid_target, invalid_scope.
 * @see RFC 6749 §4.4 https://www.rfc-editor.org/rfc/rfc6749#section-4.4
 */
export const clientCredentials: Grant = async (parameters, client, provider) => {
  if (client.tokenEndpointAuthMethod === 'none') throw new OAuthError('client_public');
  const resource = await requestedResource(parameters, client, provider);
  return { client, subject: client.clientId, resource, scope: requestedScope(parameters, client, resource) };
};
