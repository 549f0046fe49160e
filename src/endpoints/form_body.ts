// Reads the form of a POST to an OAuth endpoint. RFC 6749 §3.2: the body, one Content-Type, nothing in the URL.
import type { Context } from 'hono';
import { OAuthError } from '../errors.ts';
import { type Parameters, parseForm } from '../form_urlencoded.ts';

const formContentType = /^application\/x-www-form-urlencoded *(; *charset="?utf-8"? *)?$/i;

/** Whether the body says it is a form. */
export const hasFormBody = (context: Context): boolean =>
  formContentType.test(context.req.header('Content-Type') ?? '');

/** @throws {OAuthError} invalid_request: parameters_in_query, content_type_unsupported, and what parseForm throws. */
export const readFormBody = async (context: Context): Promise<Parameters> => {
  if (context.req.url.includes('?')) throw new OAuthError('parameters_in_query');
  if (!hasFormBody(context)) throw new OAuthError('content_type_unsupported');
  return parseForm(await context.req.text());
};
