// Sends the authorization response, or an error, to the proved redirect URI. RFC 6749 §4.1.2; `iss` in each, RFC 9207.
import type { Context } from 'hono';
import type { ResponseTarget } from '../authorization_request/response_target.ts';
import type { OAuthError } from '../errors.ts';
import { shownHostOf } from '../login/pages/client_words.ts';
import { formPostPage, formPostPolicy } from '../login/pages/form_post.ts';
import type { Provider } from '../provider.ts';
import { logRefusal } from './error_response.ts';
import { pageResponse, textsOf } from './page_response.ts';
import { requestIdOf } from './response_headers.ts';
import { seeOther } from './see_other.ts';

type ResponseParameters = Readonly<Record<string, string>>;

/** Adds to the query a redirect URI may have. RFC 6749 §3.1.2. */
const withQuery = (redirectUri: string, parameters: ResponseParameters): string => {
  const query = new URLSearchParams(parameters).toString();
  if (!redirectUri.includes('?')) return `${redirectUri}?${query}`;
  return /[?&]$/.test(redirectUri) ? `${redirectUri}${query}` : `${redirectUri}&${query}`;
};

/** @param parameters - the response's own; `state` and `iss` are added. */
export const authorizationResponse = (
  context: Context,
  { client, redirectUri, responseMode, state, uiLocales }: ResponseTarget,
  parameters: ResponseParameters,
  { config }: Provider,
): Response | Promise<Response> => {
  const all = { ...parameters, ...(state !== undefined && { state }), iss: config.issuer };
  if (responseMode === 'query') return seeOther(context, withQuery(redirectUri, all));
  const markup = formPostPage({
    texts: textsOf(context, uiLocales),
    client: { name: client.clientName, host: shownHostOf(redirectUri) },
    redirectUri,
    parameters: all,
  });
  return pageResponse(context, markup, { securityPolicy: formPostPolicy });
};

export const authorizationErrorResponse = (
  context: Context,
  target: ResponseTarget,
  error: OAuthError,
  provider: Provider,
): Response | Promise<Response> => {
  logRefusal(error, requestIdOf(context), provider);
  const { error: code, description } = error.failure;
  return authorizationResponse(context, target, { error: code, error_description: description }, provider);
};
