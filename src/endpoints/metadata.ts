// The authorization server's metadata, derived from the tables that do the work, so that it cannot lie.
// RFC 8414 §2, OpenID Connect Discovery 1.0 §3.
import { createHash } from 'node:crypto';
import { tokenEndpointAuthMethods } from '../client_authentication/token_endpoint_auth_method.ts';
import { grantTypes } from '../grants/grant_type.ts';
import { signingAlgorithms } from '../seams/signer.ts';
import type { Endpoint } from './endpoint.ts';
import { paths } from './paths.ts';
import { publicDocument } from './public_document.ts';

const maxAgeSeconds = 300;

const metadataOf = (issuer: string) => ({
  issuer,
  token_endpoint: issuer + paths.token,
  jwks_uri: issuer + paths.jwks,
  grant_types_supported: [...grantTypes.keys()],
  token_endpoint_auth_methods_supported: Object.keys(tokenEndpointAuthMethods),
  response_types_supported: [],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: signingAlgorithms,
  request_uri_parameter_supported: false,
});

/** Both well-known documents: `/.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`. */
export const metadata: Endpoint = ({ config }) => {
  const body = JSON.stringify(metadataOf(config.issuer));
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  return publicDocument(() => ({ body, etag }), 'application/json', maxAgeSeconds);
};
