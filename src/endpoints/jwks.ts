// jwks_uri: the key set, served from memory so that a database that is down changes nothing. RFC 7517 §5.
import type { Endpoint } from './endpoint.ts';
import { publicDocument } from './public_document.ts';

export const jwks: Endpoint = ({ keyRing, config }) =>
  publicDocument(() => keyRing.jwkSet(), 'application/jwk-set+json', config.policy.jwksMaxAgeSeconds);
