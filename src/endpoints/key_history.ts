// The key history: historical keys in the format of OpenID Federation 1.0 §8.7 and the chain of everything that happened
// to the keys, signed, from memory.
import { OAuthError } from '../errors.ts';
import type { Endpoint } from './endpoint.ts';
import { documentOf, type PublicDocument, publicDocument } from './public_document.ts';

export const keyHistory: Endpoint = ({ keyHistory, config }) => {
  let last: PublicDocument | undefined;
  const read = (): PublicDocument => {
    const body = keyHistory.document();
    if (body === undefined)
      throw new OAuthError('signing_unavailable', { cause: 'the key history has not been signed on this node yet' });
    if (last?.body !== body) last = documentOf(body);
    return last;
  };
  return publicDocument(read, 'application/jwk-set+jwt', config.policy.jwksMaxAgeSeconds);
};
