// Where each endpoint is, below the issuer's own path. The metadata is built from this.
import type { Config } from '../config.ts';

export const paths = {
  jwks: '/.well-known/jwks.json',
  openid_configuration: '/.well-known/openid-configuration',
  oauth_authorization_server: '/.well-known/oauth-authorization-server',
  key_history: '/historical-keys',
  token: '/token',
  authorization: '/authorize',
  userinfo: '/userinfo',
  introspection: '/introspect',
  revocation: '/revoke',
  end_session: '/logout',
  status_list: '/status-lists/:list_id',
  status_list_aggregation: '/status-lists',
  revocation_feed: '/revocations',
  login: '/login',
  consent: '/consent',
  sign_up: '/sign-up',
  account: '/account',
  change_password: '/.well-known/change-password',
  root: '/',
  timeline: '/timeline.svg',
} as const;

/** For the operator alone, and told nobody. */
export const adminStorePath = '/admin/store';

/** Outside the issuer's own path. */
export const operatorPaths = { live: '/health/live', ready: '/health/ready', metrics: '/metrics' } as const;

/** The issuer's own path; empty for an issuer at the root of its host. */
export const basePathOf = (issuer: string): string => new URL(issuer).pathname.replace(/\/$/, '');

/** @param interaction - the id of the one that the page is a part of. */
export const pageHref = (
  path: string,
  { config }: { readonly config: Pick<Config, 'issuer'> },
  interaction?: string,
): string => `${basePathOf(config.issuer)}${path}${interaction === undefined ? '' : `?interaction=${interaction}`}`;

const named = { ...paths, ...operatorPaths, admin_store: adminStorePath };

/** What an endpoint is called in metrics and traces. A closed set: nothing in it comes from a request. */
export type EndpointName = keyof typeof named | 'demo' | 'unknown';

/** @param path - as it is mounted. A page below another, like `/account/sessions`, has the name of the one above it. */
export const endpointNameOf = (path: string, basePath: string): EndpointName => {
  // Object.entries forgets the names.
  const entries = Object.entries(named) as readonly (readonly [keyof typeof named, string])[];
  const whole = entries.find(([, each]) => [each, basePath + each, each + basePath].includes(path));
  if (whole !== undefined) return whole[0];
  const above = entries.find(([name, each]) => name !== 'root' && path.startsWith(`${basePath}${each}/`));
  return above?.[0] ?? (path === basePath ? 'root' : 'demo');
};
