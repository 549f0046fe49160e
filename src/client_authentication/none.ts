// A public client names itself and proves nothing. RFC 6749 §3.2.1, RFC 7591 §2.
import { OAuthError } from '../errors.ts';
import type { ClientAuthenticationMethod } from './credentials.ts';

export const none: ClientAuthenticationMethod = {
  isUsed: ({ authorization, parameters }) =>
    authorization === undefined &&
    parameters.get('client_id') !== undefined &&
    parameters.get('client_secret') === undefined,
  read: ({ parameters }) => {
    const clientId = parameters.get('client_id');
    if (clientId === undefined) throw new OAuthError('client_authentication_malformed');
    return { clientId, clientSecret: '' };
  },
};
