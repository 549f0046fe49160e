// Reads the form of a POST to an OAuth endpoint, RFC 6749 §3.2: the body, one Content-Type, nothing of it in the URL. And
// that of a GET, which is in the URL.
import type { Context } from 'hono';
import { parameterNames } from '../authorization_request/parameters.ts';
import { OAuthError } from '../errors.ts';
import { type Parameters, parseForm } from '../form_urlencoded.ts';
import { readBodyText } from './body_text.ts';

/** A parameter may be left out after its semicolon, and white space may be a tab. RFC 9110 §5.6.3, §5.6.6. */
const formContentType = /^application\/x-www-form-urlencoded[ \t]*(;[ \t]*(charset=("?)utf-8\3[ \t]*)?)?$/i;

/** Whether the body says it is a form. */
export const hasFormBody = (context: Context): boolean =>
  formContentType.test(context.req.header('Content-Type') ?? '');

/** What an OAuth form may hold, and a URL, which is logged on the way, may not. */
const bodyParameters: ReadonlySet<string> = new Set([
  ...parameterNames,
  ...['grant_type', 'code', 'code_verifier', 'refresh_token', 'access_token', 'token', 'token_type_hint'],
  ...['client_secret', 'client_assertion', 'client_assertion_type', 'assertion', 'username', 'password'],
]);

/** What is not known is ignored (RFC 6749 §3.2): MSAL adds a client-request-id to every token request. */
const assertNothingInUrl = ({ req }: Context): void => {
  const question = req.url.indexOf('?');
  if (question === -1) return;
  for (const name of new URLSearchParams(req.url.slice(question)).keys())
    if (bodyParameters.has(name)) throw new OAuthError('parameters_in_query');
};

/** @throws {OAuthError} invalid_request: parameters_in_query, content_type_unsupported, content_coding_unsupported, and what parseForm throws. */
export const readFormBody = async (context: Context): Promise<Parameters> => {
  assertNothingInUrl(context);
  if (!hasFormBody(context)) throw new OAuthError('content_type_unsupported');
  return parseForm(await readBodyText(context));
};

/** @throws {OAuthError} invalid_request: what parseForm throws. */
export const readQuery = ({ req }: Context): Parameters => parseForm(new URL(req.url).search.slice(1));
