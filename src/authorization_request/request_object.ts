// Request objects and client registration by request are not served. OpenID Connect Core 1.0 §6, §7.2.1.
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';

/** @throws {OAuthError} request_unsupported, request_uri_unsupported, registration_unsupported. */
export const checkRequestObject = (parameters: Parameters): void => {
  if (parameters.get('request') !== undefined) throw new OAuthError('request_unsupported');
  if (parameters.get('request_uri') !== undefined) throw new OAuthError('request_uri_unsupported');
  if (parameters.get('registration') !== undefined) throw new OAuthError('registration_unsupported');
};
