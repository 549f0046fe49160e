// The table of contents: every URL Keyturn answers, and what stands before it.
import { Hono } from 'hono';
import { account, accountApplications, accountPassword, accountSessions } from './endpoints/account.ts';
import { adminStore } from './endpoints/admin_store.ts';
import { authorization } from './endpoints/authorization.ts';
import { limitBody } from './endpoints/body_limit.ts';
import { changePassword } from './endpoints/change_password.ts';
import { consent } from './endpoints/consent.ts';
import { demoEndpoints } from './endpoints/demo.ts';
import { endSession } from './endpoints/end_session.ts';
import type { AppEnvironment, Endpoint, Handler, Methods } from './endpoints/endpoint.ts';
import { errorResponse } from './endpoints/error_response.ts';
import { live, ready } from './endpoints/health.ts';
import { introspection } from './endpoints/introspection.ts';
import { jwks } from './endpoints/jwks.ts';
import { keyHistory } from './endpoints/key_history.ts';
import { login } from './endpoints/login.ts';
import { metadata } from './endpoints/metadata.ts';
import { metrics } from './endpoints/metrics.ts';
import { noEndpointPage, notFound, opensPage } from './endpoints/no_endpoint.ts';
import { adminStorePath, basePathOf, endpointNameOf, operatorPaths, paths } from './endpoints/paths.ts';
import { type Dress, dressWith } from './endpoints/response_headers.ts';
import { revocation } from './endpoints/revocation.ts';
import { revocationFeed } from './endpoints/revocation_feed.ts';
import { root } from './endpoints/root.ts';
import { signUp } from './endpoints/sign_up.ts';
import { statusList } from './endpoints/status_list.ts';
import { statusListAggregation } from './endpoints/status_list_aggregation.ts';
import { timeline } from './endpoints/timeline.ts';
import { token } from './endpoints/token.ts';
import { userinfo } from './endpoints/userinfo.ts';
import { OAuthError } from './errors.ts';
import type { Provider } from './provider.ts';

export type App = Hono<AppEnvironment>;

/** RFC 9110 §9.3.7. */
const tellingMethods =
  (handler: Handler, allow: string): Handler =>
  (context) => {
    context.header('Allow', allow);
    return handler(context);
  };

const refusingBy =
  (refuse: NonNullable<Methods['refuse']>, handler: Handler): Handler =>
  async (context) => {
    try {
      return await handler(context);
    } catch (error) {
      return refuse(context, error as Error);
    }
  };

/**
 * Serves an endpoint's methods at a path; the others get 405 and are told which there are (RFC 9110 §15.5.6). One
 * handler a path, no middleware: Hono then calls it directly, and a key set is answered without a promise.
 */
const mount = (app: App, provider: Provider, dress: Dress) => (path: string, endpoint: Endpoint) => {
  const { HEAD, refuse, ...methods } = endpoint(provider);
  const handlers = new Map<string, Handler>();
  for (const [method, handler] of Object.entries(methods)) {
    const limited = method === 'POST' ? limitBody(handler) : handler;
    const serving = refuse === undefined ? limited : refusingBy(refuse, limited);
    handlers.set(method, serving);
    if (method === 'GET' && HEAD !== 'refused') handlers.set('HEAD', serving);
  }
  const allow = [...handlers.keys()].join(', ');
  const { OPTIONS } = methods;
  if (OPTIONS !== undefined) handlers.set('OPTIONS', tellingMethods(OPTIONS, allow));
  const name = endpointNameOf(path, basePathOf(provider.config.issuer));
  app.all(path, (context) => {
    if (context.env?.endpoint !== undefined) context.env.endpoint = name;
    const handler = handlers.get(context.req.method);
    if (handler === undefined) {
      context.header('Allow', allow);
      if (!opensPage(context)) throw new OAuthError('method_not_allowed');
      return noEndpointPage(context, 'method_not_allowed').then<Response>((page) => dress(page, context));
    }
    const answer = handler(context);
    return answer instanceof Promise
      ? answer.then<Response>((settled) => dress(settled, context))
      : dress(answer, context);
  });
};

export const createApp = (provider: Provider): App => {
  const app: App = new Hono();
  const dress = dressWith(provider.config);
  const at = mount(app, provider, dress);
  const base = basePathOf(provider.config.issuer);

  app.onError((error, context) => dress(errorResponse(error, context, provider), context));
  app.notFound(async (context) => dress(await notFound(context, provider), context));

  at(base + paths.jwks, jwks);
  at(base + paths.key_history, keyHistory);
  at(base + paths.openid_configuration, metadata);
  at(paths.oauth_authorization_server + base, metadata);
  at(base + paths.authorization, authorization);
  at(base + paths.token, token);
  at(base + paths.userinfo, userinfo);
  at(base + paths.introspection, introspection);
  at(base + paths.revocation, revocation);
  at(base + paths.status_list_aggregation, statusListAggregation);
  at(base + paths.status_list, statusList);
  at(base + paths.revocation_feed, revocationFeed);
  at(base + paths.end_session, endSession);
  at(base + paths.login, login);
  at(base + paths.consent, consent);
  if (provider.config.signUp) at(base + paths.sign_up, signUp);
  at(base + paths.account, account);
  at(`${base}${paths.account}/sessions`, accountSessions);
  at(`${base}${paths.account}/applications`, accountApplications);
  at(`${base}${paths.account}/password`, accountPassword);
  at(paths.change_password, changePassword);
  for (const path of new Set([base || paths.root, base + paths.root])) at(path, root);
  at(base + paths.timeline, timeline);
  if (provider.config.loopback)
    for (const [path, endpoint] of Object.entries(demoEndpoints((request) => app.fetch(request))))
      at(base + path, endpoint);
  if (provider.config.adminToken !== undefined) at(base + adminStorePath, adminStore);
  at(operatorPaths.live, live);
  at(operatorPaths.ready, ready);
  if (provider.config.metricsToken !== undefined) at(operatorPaths.metrics, metrics);

  return app;
};
