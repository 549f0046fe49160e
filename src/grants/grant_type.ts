// The table of grant_type. RFC 6749 §4; what is not in it is unsupported_grant_type.
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import { authorizationCode } from './authorization_code.ts';
import { clientCredentials } from './client_credentials.ts';
import type { Grant, Proof } from './grant.ts';
import { refreshToken } from './refresh_token.ts';

export const grantTypes: ReadonlyMap<string, Grant> = new Map([
  ['authorization_code', authorizationCode],
  ['client_credentials', clientCredentials],
  ['refresh_token', refreshToken],
]);

/** @throws {OAuthError} grant_type_missing, grant_type_unsupported, grant_type_not_registered, and what the grant throws. */
export const proveGrant = async (parameters: Parameters, client: Client, provider: Provider): Promise<Proof> => {
  const name = parameters.get('grant_type');
  if (name === undefined) throw new OAuthError('grant_type_missing');
  const grant = grantTypes.get(name);
  if (grant === undefined) throw new OAuthError('grant_type_unsupported');
  if (!client.grantTypes.includes(name)) throw new OAuthError('grant_type_not_registered');
  return grant(parameters, client, provider);
};
