import type { Client } from '../seams/client_store.ts';

/** What end-users signing in makes of a client; left out where it says nothing. */
const endUserInformation = (client: Client) => ({
  ...(client.grantTypes.includes('authorization_code') && {
    application_type: client.applicationType,
    id_token_signed_response_alg: client.idTokenSignedResponseAlg,
  }),
  ...(client.userinfoSignedResponseAlg !== null && {
    userinfo_signed_response_alg: client.userinfoSignedResponseAlg,
  }),
  ...(client.postLogoutRedirectUris.length > 0 && { post_logout_redirect_uris: client.postLogoutRedirectUris }),
  ...(client.backchannelLogoutUri !== null && {
    backchannel_logout_uri: client.backchannelLogoutUri,
    backchannel_logout_session_required: client.backchannelLogoutSessionRequired,
  }),
  ...(client.firstParty && { first_party: true }),
  ...(client.idTokenClaims.length > 0 && { id_token_claims: client.idTokenClaims }),
  ...(client.serves.length > 0 && { serves: client.serves }),
  ...(client.dangerouslyAllowNoPkce && { dangerously_allow_no_pkce: true }),
});

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
  ...endUserInformation(client),
});

/** The members that go with a secret just made: it never expires. */
export const clientSecretInformation = (clientSecret: string | null) =>
  clientSecret === null ? {} : { client_secret: clientSecret, client_secret_expires_at: 0 };
