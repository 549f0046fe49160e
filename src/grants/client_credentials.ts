// grant_type=client_credentials: the client acts for itself. RFC 6749 §4.4; no refresh token (§4.4.3).
import { OAuthError } from '../errors.ts';
import { requestedResource } from '../tokens/requested_resource.ts';
import { requestedScope } from '../tokens/requested_scope.ts';
import type { Grant } from './grant.ts';

/**
 * @returns proof of an Authorization whose subject is the client itself (RFC 9068 §2.2). Nothing is kept, so nothing to settle.
 * @throws {OAuthError} unauthorized_client: client_public; invalid_target, invalid_scope.
 * @see RFC 6749 §4.4 https://www.rfc-editor.org/rfc/rfc6749#section-4.4
 */
export const clientCredentials: Grant = async (parameters, client, provider) => {
  if (client.tokenEndpointAuthMethod === 'none') throw new OAuthError('client_public');
  const resource = await requestedResource(parameters, client, provider);
  const scope = requestedScope(parameters, client, resource);
  return {
    authorization: { client, subject: client.clientId, resource, scope },
    settle: async ({ response }) => response,
  };
};
