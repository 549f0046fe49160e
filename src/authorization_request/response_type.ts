// response_type=code alone; no implicit, no hybrid. RFC 9700 §2.1.2. And the response modes served.
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import type { Client } from '../seams/client_store.ts';
import { isResponseMode } from './authorization_request.ts';

export const responseTypes: readonly string[] = ['code'];

/** @throws {OAuthError} response_type_missing, response_type_unsupported, response_mode_unsupported, response_type_not_registered. */
export const checkResponseType = (parameters: Parameters, client: Client): void => {
  const responseType = parameters.get('response_type');
  if (responseType === undefined) throw new OAuthError('response_type_missing');
  if (!responseTypes.includes(responseType)) throw new OAuthError('response_type_unsupported');
  if (!client.grantTypes.includes('authorization_code')) throw new OAuthError('response_type_not_registered');
  const responseMode = parameters.get('response_mode');
  if (responseMode !== undefined && !isResponseMode(responseMode)) throw new OAuthError('response_mode_unsupported');
};
