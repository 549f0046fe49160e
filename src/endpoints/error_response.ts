// The one place a failure becomes an answer: the reason goes to the log, the RFC's error to the client. RFC 6749 §5.2.
import type { Context } from 'hono';
import { OAuthError } from '../errors.ts';
import type { Log } from '../seams/log.ts';
import { StoreUnavailableError } from '../seams/store.ts';
import type { AppEnvironment } from './endpoint.ts';

const retryAfterSeconds = 5;

const refusalOf = (error: Error): OAuthError => {
  if (error instanceof OAuthError) return error;
  if (error instanceof StoreUnavailableError) return new OAuthError('store_unavailable', { cause: error });
  return new OAuthError('internal', { cause: error });
};

const causeOf = ({ cause }: Error): string | undefined => (cause instanceof Error ? cause.stack : cause?.toString());

/** @see RFC 6749 §5.2 https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
export const errorResponse = (error: Error, context: Context<AppEnvironment>, log: Log): Response => {
  const refusal = refusalOf(error);
  const { status, error: code, description } = refusal.failure;
  const fields = { request_id: context.get('requestId'), error: code, reason: refusal.reason };
  if (status >= 500) log.error({ ...fields, cause: causeOf(refusal) }, 'request failed');
  else log.warn(fields, 'request refused');
  context.header('Cache-Control', 'no-store');
  context.header('Pragma', 'no-cache');
  if (status === 401) context.header('WWW-Authenticate', 'Basic realm="token endpoint", charset="UTF-8"');
  if (status === 503) context.header('Retry-After', String(retryAfterSeconds));
  if (status === 413) context.header('Connection', 'close');
  return context.json({ error: code, error_description: description }, status);
};
