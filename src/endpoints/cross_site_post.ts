// A form that another site posts comes without our cookies, which are SameSite=Lax; the same request by GET has them.
// Both methods are owed: OpenID Connect Core 1.0 §3.1.2.1, RP-Initiated Logout 1.0 §2.
import type { Context } from 'hono';
import { OAuthError } from '../errors.ts';
import { seeOther } from './see_other.ts';

/** Of the 16 KiB that are read of a head; the browser's own headers are the rest. */
const mostQueryLength = 12_288;

export const isCrossSitePost = (context: Context): boolean =>
  context.req.method === 'POST' && context.req.header('Sec-Fetch-Site') === 'cross-site';

/** Has the browser make the request again by GET. @throws {OAuthError} body_too_large: no GET takes as much. */
export const repeatByGet = (context: Context, parameters: Readonly<Record<string, readonly string[]>>): Response => {
  const pairs = Object.entries(parameters).flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const query = new URLSearchParams(pairs).toString();
  if (query.length > mostQueryLength) throw new OAuthError('body_too_large');
  return seeOther(context, `${context.req.path}?${query}`);
};
