// The resource a token is asked for. RFC 8707 §2; the default where none is named, RFC 9068 §3.
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import type { Resource } from '../seams/resource_store.ts';

/** Whether a string is an absolute URI without a fragment. RFC 8707 §2. */
export const isResourceIdentifier = (identifier: string): boolean =>
  URL.canParse(identifier) && !identifier.includes('#') && /^[\x21-\x7e]+$/.test(identifier);

/** The issuer as a resource, for clients that have none: its tokens open the userinfo endpoint and nothing else. */
export const issuerResource = ({ config }: Pick<Provider, 'config'>): Resource => ({
  resource: config.issuer,
  scope: [],
  accessTokenSeconds: config.accessTokenSeconds,
  accessTokenSigningAlg: 'ES256',
  claims: {},
  accessTokenClaims: [],
  statusList: false,
  createdAt: 0,
});

/**
 * @returns the resource named, or the client's first; compared byte for byte.
 * @throws {OAuthError} invalid_target: resource_repeated, resource_malformed, resource_missing, resource_not_allowed.
 * @see RFC 8707 §2 https://www.rfc-editor.org/rfc/rfc8707#section-2
 */
export const requestedResource = async (
  parameters: Parameters,
  client: Client,
  { store }: Provider,
): Promise<Resource> => {
  const named = parameters.all('resource');
  if (named.length > 1) throw new OAuthError('resource_repeated');
  const identifier = named[0] ?? client.resources[0];
  if (identifier === undefined) throw new OAuthError('resource_missing');
  if (!client.resources.includes(identifier))
    throw new OAuthError(isResourceIdentifier(identifier) ? 'resource_not_allowed' : 'resource_malformed');
  const resource = await store.findResource(identifier);
  if (resource === undefined) throw new OAuthError('resource_not_allowed');
  return resource;
};
