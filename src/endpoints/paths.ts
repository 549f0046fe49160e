/** Where each endpoint is, below the issuer's own path. The metadata is built from this. */
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
  root: '/',
  timeline: '/timeline.svg',
} as const;

/** For the operator alone, and told nobody. */
export const adminStorePath = '/admin/store';

/** The issuer's own path; empty for an issuer at the root of its host. */
export const basePathOf = (issuer: string): string => new URL(issuer).pathname.replace(/\/$/, '');
