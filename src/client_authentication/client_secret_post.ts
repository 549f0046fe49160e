// client_id and client_secret in the body. RFC 6749 §2.3.1.
import { OAuthError } from '../errors.ts';
import type { ClientAuthenticationMethod } from './credentials.ts';

export const clientSecretPost: ClientAuthenticationMethod = {
  isUsed: ({ parameters }) => parameters.get('client_secret') !== undefined,
  read: ({ parameters }) => {
    const clientId = parameters.get('client_id');
    const clientSecret = parameters.get('client_secret');
    if (clientId === undefined || clientSecret === undefined) throw new OAuthError('client_authentication_malformed');
    return { clientId, clientSecret };
  },
};
