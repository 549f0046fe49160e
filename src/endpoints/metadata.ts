// The authorization server's metadata, derived from the tables that do the work, so that it cannot lie.
// RFC 8414 §2, OpenID Connect Discovery 1.0 §3.
import { responseModes, supportedPrompts } from '../authorization_request/authorization_request.ts';
import { passwordAcr } from '../authorization_request/claims.ts';
import { responseTypes } from '../authorization_request/response_type.ts';
import { tokenEndpointAuthMethods } from '../client_authentication/token_endpoint_auth_method.ts';
import type { Config } from '../config.ts';
import { grantTypes } from '../grants/grant_type.ts';
import { supportedLocales } from '../login/texts/catalogue.ts';
import { signingAlgorithms } from '../seams/signer.ts';
import { openidScopes, userClaimNames } from '../tokens/user_claims.ts';
import type { Endpoint } from './endpoint.ts';
import { paths } from './paths.ts';
import { documentOf, publicDocument } from './public_document.ts';

const maxAgeSeconds = 300;

const confidentialMethods = Object.keys(tokenEndpointAuthMethods).filter((method) => method !== 'none');

const metadataOf = ({ issuer, signUp }: Config) => ({
  issuer,
  authorization_endpoint: issuer + paths.authorization,
  token_endpoint: issuer + paths.token,
  userinfo_endpoint: issuer + paths.userinfo,
  introspection_endpoint: issuer + paths.introspection,
  revocation_endpoint: issuer + paths.revocation,
  end_session_endpoint: issuer + paths.end_session,
  status_list_aggregation_endpoint: issuer + paths.status_list_aggregation,
  // Ours: docs/revocation.md.
  revocation_feed_endpoint: issuer + paths.revocation_feed,
  jwks_uri: issuer + paths.jwks,
  // OpenID Federation 1.0 §5.1.1
  federation_historical_keys_endpoint: issuer + paths.key_history,
  scopes_supported: openidScopes,
  claims_supported: ['sub', 'auth_time', 'acr', 'amr', ...userClaimNames],
  response_types_supported: responseTypes,
  response_modes_supported: responseModes,
  grant_types_supported: [...grantTypes.keys()],
  prompt_values_supported: supportedPrompts({ signUp }),
  acr_values_supported: [passwordAcr],
  ui_locales_supported: supportedLocales,
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: Object.keys(tokenEndpointAuthMethods),
  introspection_endpoint_auth_methods_supported: confidentialMethods,
  revocation_endpoint_auth_methods_supported: Object.keys(tokenEndpointAuthMethods),
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: signingAlgorithms,
  userinfo_signing_alg_values_supported: signingAlgorithms,
  claims_parameter_supported: true,
  request_parameter_supported: false,
  request_uri_parameter_supported: false,
  authorization_response_iss_parameter_supported: true,
  backchannel_logout_supported: true,
  backchannel_logout_session_supported: true,
});

/** Both well-known documents: `/.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`. */
export const metadata: Endpoint = ({ config }) => {
  const document = documentOf(JSON.stringify(metadataOf(config)));
  return publicDocument(() => document, 'application/json', maxAgeSeconds);
};
