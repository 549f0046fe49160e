// The resource an end-user's authorization is for. RFC 8707 §2.2: a token request may name it again, never another.
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import type { Provider } from '../provider.ts';
import type { Resource } from '../seams/resource_store.ts';
import { issuerResource } from '../tokens/requested_resource.ts';

/** @throws {OAuthError} invalid_target: resource_repeated, resource_mismatch, resource_not_allowed (removed since). */
export const authorizedResource = async (
  parameters: Parameters,
  identifier: string,
  provider: Provider,
): Promise<Resource> => {
  const named = parameters.all('resource');
  if (named.length > 1) throw new OAuthError('resource_repeated');
  if (named[0] !== undefined && named[0] !== identifier) throw new OAuthError('resource_mismatch');
  if (identifier === provider.config.issuer) return issuerResource(provider);
  const resource = await provider.store.findResource(identifier);
  if (resource === undefined) throw new OAuthError('resource_not_allowed');
  return resource;
};
