// jwks_uri: the key set, served from memory so that a database that is down changes nothing. RFC 7517 §5.
import type { Endpoint, Handler } from './endpoint.ts';
import { publicDocument } from './public_document.ts';

export const jwks: Endpoint = ({ keyRing, keySetReaders, config }) => {
  const { GET, OPTIONS } = publicDocument(
    () => keyRing.jwkSet(),
    'application/jwk-set+json',
    config.policy.jwksMaxAgeSeconds,
  );
  const counted: Handler = (context) => {
    // HEAD is answered here too, and brings nobody a key.
    if (context.req.method === 'GET') keySetReaders.count(context.req.header('User-Agent'));
    return GET(context);
  };
  return { GET: counted, OPTIONS };
};
