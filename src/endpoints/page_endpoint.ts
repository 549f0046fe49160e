// An endpoint that people look at: what is refused becomes a page, not JSON. Nothing of the request is echoed but a way back
// that is registered.
import type { Context } from 'hono';
import type { OAuthError, Reason } from '../errors.ts';
import { type ErrorKind, errorPage } from '../login/pages/error.ts';
import type { Provider } from '../provider.ts';
import type { AppEnvironment, Handler, Handlers, Methods } from './endpoint.ts';
import { headRefusal, logRefusal, refusalOf } from './error_response.ts';
import { pageResponse, textsOf } from './page_response.ts';
import { requestIdOf } from './response_headers.ts';
import { wayBackOf } from './waiting_request.ts';

/** The reasons that have a page of their own; the others are told by their kind. */
const kinds: Readonly<Partial<Record<Reason, ErrorKind>>> = {
  client_id_missing: 'client_unknown',
  authorization_client_unknown: 'client_unknown',
  redirect_uri_missing: 'redirect_uri_mismatch',
  redirect_uri_unregistered: 'redirect_uri_mismatch',
  post_logout_redirect_uri_unregistered: 'post_logout_redirect_uri_mismatch',
  interaction_unknown: 'interaction_expired',
  browser_cookie_missing: 'cookie_missing',
  request_forged: 'csrf_refused',
  rate_limited: 'rate_limited',
  passwords_busy: 'rate_limited',
};

const kindOf = ({ reason, failure: { status } }: OAuthError): ErrorKind => {
  const { [reason]: kind } = kinds;
  if (kind !== undefined) return kind;
  if (status === 503) return 'unavailable';
  return status === 500 ? 'internal' : 'request_malformed';
};

const refuse = async (context: Context<AppEnvironment>, error: Error, provider: Provider): Promise<Response> => {
  const refusal = refusalOf(error);
  const { status } = refusal.failure;
  const requestId = requestIdOf(context);
  logRefusal(refusal, requestId, provider);
  const retryAfterSeconds = status === 429 || status === 503 ? refusal.retryAfterSeconds : null;
  headRefusal(refusal, context);
  const texts = textsOf(context);
  const wayBack = refusal.reason === 'interaction_unknown' ? await wayBackOf(context, provider) : undefined;
  const markup = errorPage({ texts, kind: kindOf(refusal), requestId, retryAfterSeconds, wayBack });
  return pageResponse(context, markup, { status });
};

/** Has an endpoint's handlers take turns, and what is refused answered as pages. */
export const pageEndpoint = (provider: Provider, handlers: Handlers): Methods => ({
  ...Object.fromEntries(
    Object.entries(handlers).map(([method, handler]: [string, Handler]) => [
      method,
      async (context: Context<AppEnvironment>) => {
        await provider.takeTurn();
        return handler(context);
      },
    ]),
  ),
  refuse: (context, error) => refuse(context, error, provider),
});
