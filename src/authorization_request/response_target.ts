// Where the response goes: proved before anything else, because until then an error must not leave our own page.
// RFC 6749 §4.1.2.1.
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import { isResponseMode, type ResponseMode } from './authorization_request.ts';
import { uiLocalesOf } from './parameters.ts';
import { isRegisteredRedirectUri } from './redirect_uri.ts';

export interface ResponseTarget {
  readonly client: Client;
  readonly redirectUri: string;
  readonly responseMode: ResponseMode;
  readonly state: string | undefined;
  /** A response by form_post is a page too. */
  readonly uiLocales: readonly string[];
}

/** @throws {OAuthError} for our own page: client_id_missing, authorization_client_unknown, redirect_uri_missing, redirect_uri_unregistered. */
export const responseTarget = async (parameters: Parameters, { store }: Provider): Promise<ResponseTarget> => {
  const clientId = parameters.get('client_id');
  if (clientId === undefined) throw new OAuthError('client_id_missing');
  const client = await store.findClient(clientId);
  if (client === undefined) throw new OAuthError('authorization_client_unknown');
  const redirectUri = parameters.get('redirect_uri');
  if (redirectUri === undefined) throw new OAuthError('redirect_uri_missing');
  if (!isRegisteredRedirectUri(redirectUri, client)) throw new OAuthError('redirect_uri_unregistered');
  const asked = parameters.get('response_mode') ?? 'query';
  return {
    client,
    redirectUri,
    responseMode: isResponseMode(asked) ? asked : 'query',
    state: parameters.get('state'),
    uiLocales: uiLocalesOf(parameters),
  };
};
