// A form that another site posts comes without our cookies, which are SameSite=Lax; the same request by GET has them.
// Both methods are owed: OpenID Connect Core 1.0 §3.1.2.1, RP-Initiated Logout 1.0 §2.
import type { Context } from 'hono';

export const isCrossSitePost = (context: Context): boolean =>
  context.req.method === 'POST' && context.req.header('Sec-Fetch-Site') === 'cross-site';

/** Has the browser make the request again by GET. */
export const repeatByGet = (context: Context, parameters: Readonly<Record<string, readonly string[]>>): Response => {
  const pairs = Object.entries(parameters).flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const query = new URLSearchParams(pairs);
  return context.body(null, 303, { Location: `${context.req.path}?${query}`, 'Cache-Control': 'no-store' });
};
