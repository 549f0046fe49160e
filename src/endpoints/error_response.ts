// How a failure becomes an answer: the reason goes to the log, the RFC's error to the client. RFC 6749 §5.2. For people
// page_endpoint.ts makes a page of it.
import type { Context } from 'hono';
import { OAuthError } from '../errors.ts';
import type { Provider } from '../provider.ts';
import { PasswordHasherBusyError } from '../seams/password_hasher.ts';
import { StoreUnavailableError } from '../seams/store.ts';
import type { AppEnvironment } from './endpoint.ts';
import { requestIdOf } from './response_headers.ts';

export const refusalOf = (error: Error): OAuthError => {
  if (error instanceof OAuthError) return error;
  if (error instanceof StoreUnavailableError) return new OAuthError('store_unavailable', { cause: error });
  if (error instanceof PasswordHasherBusyError) return new OAuthError('passwords_busy', { cause: error });
  return new OAuthError('internal', { cause: error });
};

const causeOf = ({ cause }: Error): string | undefined => (cause instanceof Error ? cause.stack : cause?.toString());

type Witness = Pick<Provider, 'log' | 'metrics'>;

/** Counts it, and logs one line with the reason, which is never sent. */
export const logRefusal = (refusal: OAuthError, requestId: string, { log, metrics }: Witness): void => {
  metrics.requestRefused(refusal.reason);
  const { status, error } = refusal.failure;
  const fields = { request_id: requestId, error, reason: refusal.reason };
  if (status >= 500) log.error({ ...fields, cause: causeOf(refusal) }, 'request failed');
  else log.warn(fields, 'request refused');
};

/** What the status alone has an answer say, be it JSON or a page. RFC 9110 §10.2.3, §12.5.3, §15.5.14. */
export const headRefusal = ({ failure: { status }, retryAfterSeconds }: OAuthError, context: Context): void => {
  if (status === 429 || status === 503) context.header('Retry-After', String(retryAfterSeconds));
  if (status === 413) context.header('Connection', 'close');
  if (status === 415) context.header('Accept-Encoding', 'identity');
};

/** RFC 6750 §3: never without a parameter; §3.1: no error for who sent no token. */
export const bearerChallenge = ({ reason, failure: { error, description } }: OAuthError): string => {
  const challenge = `Bearer realm="${reason === 'admin_token_refused' ? 'administration' : 'userinfo endpoint'}"`;
  if (reason === 'access_token_missing') return challenge;
  return `${challenge}, error="${error}", error_description="${description}"`;
};

/** RFC 6749 §5.2 for the client, RFC 6750 §3 for the bearer of an access token. */
const challengeOf = (refusal: OAuthError): string =>
  ['invalid_token', 'insufficient_scope'].includes(refusal.failure.error)
    ? bearerChallenge(refusal)
    : 'Basic realm="token endpoint", charset="UTF-8"';

/** @see RFC 6749 §5.2 https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
export const errorResponse = (error: Error, context: Context<AppEnvironment>, witness: Witness): Response => {
  const refusal = refusalOf(error);
  const { status, error: code, description } = refusal.failure;
  logRefusal(refusal, requestIdOf(context), witness);
  context.header('Cache-Control', 'no-store');
  context.header('Pragma', 'no-cache');
  if (status === 401 || code === 'insufficient_scope') context.header('WWW-Authenticate', challengeOf(refusal));
  headRefusal(refusal, context);
  return context.json({ error: code, error_description: description }, status);
};
