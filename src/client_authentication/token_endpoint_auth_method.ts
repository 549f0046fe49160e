// The table of token_endpoint_auth_method, and the one way a request becomes a Client. RFC 6749 §2.3, RFC 7591 §2.
import { OAuthError } from '../errors.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import { isClientSecret } from './client_secret.ts';
import { clientSecretBasic } from './client_secret_basic.ts';
import { clientSecretPost } from './client_secret_post.ts';
import type { ClientAuthenticationMethod, ClientCredentials, TokenRequest } from './credentials.ts';
import { none } from './none.ts';

export const tokenEndpointAuthMethods: Readonly<Record<string, ClientAuthenticationMethod>> = {
  client_secret_basic: clientSecretBasic,
  client_secret_post: clientSecretPost,
  none,
};

const methods = Object.entries(tokenEndpointAuthMethods);

const assertNoOtherClientNamed = ({ clientId }: ClientCredentials, { parameters }: TokenRequest): void => {
  const named = parameters.get('client_id');
  if (named !== undefined && named !== clientId) throw new OAuthError('client_authentication_doubled');
};

/**
 * A public client may also come as Basic with an empty secret, as some do.
 *
 * @param onNamed - told which client there is by that name, before anything is proved.
 * @returns the client, proved by the one method it is registered for.
 * @throws {OAuthError} signing_unavailable; invalid_request: client_authentication_doubled; invalid_client: client_unauthenticated,
 *   client_authentication_malformed, client_authentication_method_unsupported, client_authentication_method_mismatch,
 *   client_unknown, client_secret_mismatch. The invalid_client answers are alike, and so is the work behind them.
 * @see RFC 6749 §2.3 https://www.rfc-editor.org/rfc/rfc6749#section-2.3
 */
export const authenticateClient = async (
  request: TokenRequest,
  { store, clock, keyRing }: Provider,
  onNamed?: (client: Client) => void,
): Promise<Client> => {
  const used = methods.filter(([, method]) => method.isUsed(request));
  if (used.length > 1) throw new OAuthError('client_authentication_doubled');
  const [name, method] = used[0] ?? [];
  if (request.authorization !== undefined && name !== 'client_secret_basic')
    throw new OAuthError('client_authentication_method_unsupported');
  if (method === undefined) throw new OAuthError('client_unauthenticated');
  const credentials = method.read(request);
  assertNoOtherClientNamed(credentials, request);
  // By a clock that is wrong a secret that was replaced is over too early. Before the client is known: the answers stay alike.
  if (credentials.clientSecret !== '') keyRing.assertFit();
  const client = await store.findClient(credentials.clientId);
  const secretMatches = isClientSecret(credentials.clientSecret, client, clock.now());
  if (client === undefined) throw new OAuthError('client_unknown');
  onNamed?.(client);
  if (client.tokenEndpointAuthMethod === 'none' && credentials.clientSecret === '') return client;
  if (client.tokenEndpointAuthMethod !== name) throw new OAuthError('client_authentication_method_mismatch');
  if (!secretMatches) throw new OAuthError('client_secret_mismatch');
  return client;
};
