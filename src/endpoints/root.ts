// The page at the issuer itself, for people. It shows what the metadata and the key set make public anyway.
import type { Config } from '../config.ts';
import { readinessOf } from '../keys/readiness.ts';
import { timelinesOf } from '../keys/timeline.ts';
import { hashSourceOf } from '../login/pages/style.ts';
import type { Endpoint } from './endpoint.ts';
import { drawingStyle } from './pages/drawing_style.ts';
import { pageScript } from './pages/page_script.ts';
import { pageStyle } from './pages/page_style.ts';
import { readersSeenOf } from './pages/readers_seen.ts';
import { type EndpointLink, rootPage } from './pages/root_page.ts';
import { basePathOf, paths } from './paths.ts';

type Path = keyof typeof paths;

/** What is not here nobody opens by itself: a status list is found in its tokens, consent on the way of a sign-in. */
const words: Readonly<Partial<Record<Path, string>>> = {
  jwks: 'The key set: the public half of every key above',
  key_history: 'The key history: every key event, signed and chained, to save and to check',
  openid_configuration: 'Metadata, OpenID Connect Discovery 1.0',
  oauth_authorization_server: 'Metadata, RFC 8414',
  token: 'Access tokens, RFC 6749',
  authorization: 'Where applications send people to sign in, OpenID Connect Core 1.0',
  userinfo: 'Claims of who signed in, OpenID Connect Core 1.0',
  introspection: 'Whether a token stands, RFC 7662',
  revocation: 'Gives a token back, RFC 7009',
  end_session: 'Signs out, OpenID Connect RP-Initiated Logout 1.0',
  status_list_aggregation: 'The Token Status Lists there are',
  revocation_feed: 'What was revoked, to be followed',
  login: 'The sign-in page',
  sign_up: 'The sign-up page',
  account: 'Your sessions, applications and password',
  timeline: 'The picture above, to embed anywhere',
};

const posted: readonly Path[] = ['token', 'introspection', 'revocation'];

const urlOf = (issuer: string, path: Path): string => {
  if (path !== 'oauth_authorization_server') return issuer + paths[path];
  return new URL(issuer).origin + paths[path] + basePathOf(issuer);
};

const linksOf = ({ issuer, signUp }: Config): readonly EndpointLink[] =>
  (Object.keys(paths) as readonly Path[])
    .filter((path) => path !== 'sign_up' || signUp)
    .flatMap((path) => {
      const told = words[path];
      const method = posted.includes(path) ? 'POST' : 'GET';
      return told === undefined ? [] : [{ method, url: urlOf(issuer, path), words: told }];
    });

const contentSecurityPolicyOf = (style: string, script: string): string =>
  [
    "default-src 'none'",
    `style-src ${hashSourceOf(style)}`,
    `script-src ${hashSourceOf(script)}`,
    'img-src data:',
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

export const root: Endpoint = ({ keyRing, keySetReaders, clock, config }) => {
  const { issuer, policy } = config;
  const style = drawingStyle + pageStyle;
  const page = { issuer, jwksUri: issuer + paths.jwks, endpoints: linksOf(config), style, script: pageScript };
  const contentSecurityPolicy = contentSecurityPolicyOf(style, pageScript);
  return {
    GET: (context) => {
      const now = clock.now();
      const rings = timelinesOf(keyRing.keys, policy, now);
      const readers = readersSeenOf(readinessOf(keyRing.keys, keySetReaders.known(), policy, now));
      const signing = keyRing.notSigning() === undefined;
      context.header('Content-Security-Policy', contentSecurityPolicy);
      context.header('Cache-Control', 'no-cache');
      return context.html(rootPage({ ...page, rings, readers, signing }));
    },
  };
};
