import type { Client } from '../seams/client_store.ts';

/** A client as it is told to its owner; never with a hash. @see RFC 7591 §3.2.1 https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1 */
export const clientInformation = (client: Client) => ({
  client_id: client.clientId,
  client_id_issued_at: client.clientIdIssuedAt,
  ...(client.clientName !== null && { client_name: client.clientName }),
  token_endpoint_auth_method: client.tokenEndpointAuthMethod,
  grant_types: client.grantTypes,
  redirect_uris: client.redirectUris,
  scope: client.scope.join(' '),
  resources: client.resources,
});

/** The members that go with a secret just made: it never expires. */
export const clientSecretInformation = (clientSecret: string | null) =>
  clientSecret === null ? {} : { client_secret: clientSecret, client_secret_expires_at: 0 };
