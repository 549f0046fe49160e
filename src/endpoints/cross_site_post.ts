// A form that another site posts comes without our cookies, which are SameSite=Lax; the same request by GET has them.
// Both methods are owed: OpenID Connect Core 1.0 §3.1.2.1, RP-Initiated Logout 1.0 §2.
import type { Context } from 'hono';
import type { Config } from '../config.ts';
import { OAuthError } from '../errors.ts';
import { seeOther } from './see_other.ts';

/** Of the 16 KiB that are read of a head; the browser's own headers are the rest. */
const mostQueryLength = 12_288;

/** Safari before 16.4 does not say `Sec-Fetch-Site`, but each browser the `Origin` of a POST: what is not ours may be of another site. */
export const isCrossSitePost = ({ req }: Context, { issuer }: Pick<Config, 'issuer'>): boolean => {
  if (req.method !== 'POST') return false;
  const [site, origin] = [req.header('Sec-Fetch-Site'), req.header('Origin')];
  return site === undefined ? origin !== undefined && origin !== new URL(issuer).origin : site === 'cross-site';
};

/** Has the browser make the request again by GET. @throws {OAuthError} body_too_large: no GET takes as much. */
export const repeatByGet = (context: Context, parameters: Readonly<Record<string, readonly string[]>>): Response => {
  const pairs = Object.entries(parameters).flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const query = new URLSearchParams(pairs).toString();
  if (query.length > mostQueryLength) throw new OAuthError('body_too_large');
  return seeOther(context, `${context.req.path}?${query}`);
};
