// The table of contents: every URL Keyturn answers, and what stands before it.
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { AppEnvironment, Endpoint } from './endpoints/endpoint.ts';
import { errorResponse } from './endpoints/error_response.ts';
import { live, ready } from './endpoints/health.ts';
import { jwks } from './endpoints/jwks.ts';
import { metadata } from './endpoints/metadata.ts';
import { basePathOf, paths } from './endpoints/paths.ts';
import { responseHeaders } from './endpoints/response_headers.ts';
import { root } from './endpoints/root.ts';
import { timeline } from './endpoints/timeline.ts';
import { token } from './endpoints/token.ts';
import { OAuthError } from './errors.ts';
import type { Provider } from './provider.ts';

export type App = Hono<AppEnvironment>;

const mostBodyBytes = 64 * 1024;

const refuseBody = (): never => {
  throw new OAuthError('body_too_large');
};

/** Serves an endpoint's methods at a path; the others get 405 and are told which there are (RFC 9110 §15.5.6). */
const mount = (app: App, provider: Provider) => (path: string, endpoint: Endpoint) => {
  const methods = endpoint(provider);
  for (const [method, handler] of Object.entries(methods)) app.on(method, path, handler);
  const allow = Object.keys(methods).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  app.all(path, (context) => {
    context.header('Allow', allow.join(', '));
    throw new OAuthError('method_not_allowed');
  });
};

export const createApp = (provider: Provider): App => {
  const app: App = new Hono();
  const at = mount(app, provider);
  const base = basePathOf(provider.config.issuer);

  app.use(responseHeaders(provider.config));
  app.post('*', bodyLimit({ maxSize: mostBodyBytes, onError: refuseBody }));
  app.onError((error, context) => errorResponse(error, context, provider.log));
  app.notFound((context) => context.json({ error: 'not_found' }, 404, { 'Cache-Control': 'no-store' }));

  at(base + paths.jwks, jwks);
  at(base + paths.openid_configuration, metadata);
  at(paths.oauth_authorization_server + base, metadata);
  at(base + paths.token, token);
  for (const path of new Set([base || paths.root, base + paths.root])) at(path, root);
  at(base + paths.timeline, timeline);
  at('/health/live', live);
  at('/health/ready', ready);

  return app;
};
