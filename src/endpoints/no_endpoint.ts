// Where no endpoint is, or none that serves the method: a page for a browser that was sent there, JSON for all else.
import type { Context } from 'hono';
import { errorPage } from '../login/pages/error.ts';
import type { Provider } from '../provider.ts';
import type { AppEnvironment } from './endpoint.ts';
import { pageResponse, textsOf } from './page_response.ts';
import { paths } from './paths.ts';
import { requestIdOf } from './response_headers.ts';

const noStore = { 'Cache-Control': 'no-store' };

/** A browser says so first of all when it opens an address; programs that take anything do not name it. */
export const opensPage = ({ req }: Context): boolean =>
  req.method === 'GET' && req.header('Accept')?.includes('text/html') === true;

export const noEndpointPage = (
  context: Context<AppEnvironment>,
  kind: 'not_found' | 'method_not_allowed',
): Promise<Response> => {
  const words = { texts: textsOf(context), kind, requestId: requestIdOf(context) };
  const markup = errorPage({ ...words, retryAfterSeconds: null });
  return pageResponse(context, markup, { status: kind === 'not_found' ? 404 : 405 });
};

export const notFound = (context: Context<AppEnvironment>, { config }: Provider): Response | Promise<Response> => {
  if (opensPage(context)) return noEndpointPage(context, 'not_found');
  const error_description = `Nothing is served at this path. ${config.issuer}${paths.openid_configuration} names the endpoints.`;
  return context.json({ error: 'not_found', error_description }, 404, noStore);
};
