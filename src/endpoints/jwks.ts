// jwks_uri: the key set, served from memory so that a database that is down changes nothing; a set that is too old is
// read anew first. RFC 7517 §5.
import type { Provider } from '../provider.ts';
import type { Endpoint, Handler } from './endpoint.ts';
import { basePathOf, paths } from './paths.ts';
import { type DirectAnswer, directAnswers, publicDocument } from './public_document.ts';
import { fixedHeaders } from './response_headers.ts';

const contentType = 'application/jwk-set+json';

export const jwks: Endpoint = ({ keyRing, keySetReaders, config }) => {
  const { GET, OPTIONS } = publicDocument(() => keyRing.jwkSet(), contentType, config.policy.jwksMaxAgeSeconds);
  const counted: Handler = (context) => {
    // HEAD is answered here too, and brings nobody a key.
    if (context.req.method === 'GET') keySetReaders.count(context.req.header('User-Agent'));
    return GET(context);
  };
  const caughtUp: Handler = (context) => keyRing.catchUp()?.then(() => counted(context)) ?? counted(context);
  return { GET: caughtUp, OPTIONS };
};

/** The same GET for a server that answers it without a Request; undefined, when there is something to wait for. */
export const directJwks = ({ keyRing, keySetReaders, config }: Provider) => {
  const answerOf = directAnswers(contentType, config.policy.jwksMaxAgeSeconds, fixedHeaders(config));
  return {
    endpoint: 'jwks',
    path: basePathOf(config.issuer) + paths.jwks,
    answer: (ifNoneMatch: string | undefined, userAgent: string | undefined): DirectAnswer | undefined => {
      if (keyRing.isOld()) return undefined;
      keySetReaders.count(userAgent);
      return answerOf(keyRing.jwkSet(), ifNoneMatch);
    },
  };
};
