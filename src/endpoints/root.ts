// The page at the issuer itself, for people. It shows what the metadata and the key set make public anyway.
import { readinessOf } from '../keys/readiness.ts';
import { timelinesOf } from '../keys/timeline.ts';
import type { Endpoint } from './endpoint.ts';
import { drawingStyle } from './pages/drawing_style.ts';
import { pageScript } from './pages/page_script.ts';
import { pageStyle } from './pages/page_style.ts';
import { readersSeenOf } from './pages/readers_seen.ts';
import { type EndpointLink, rootPage } from './pages/root_page.ts';
import { basePathOf, paths } from './paths.ts';
import { hashSource } from './timeline.ts';

type Path = keyof typeof paths;

const words: Readonly<Partial<Record<Path, string>>> = {
  jwks: 'The key set: the public half of every key above',
  key_history: 'The key history: every key event, signed and chained, to save and to check',
  openid_configuration: 'Metadata, OpenID Connect Discovery 1.0',
  oauth_authorization_server: 'Metadata, RFC 8414',
  token: 'Access tokens, RFC 6749',
  timeline: 'The picture above, to embed anywhere',
};

const posted: readonly Path[] = ['token'];

const urlOf = (issuer: string, path: Path): string => {
  if (path !== 'oauth_authorization_server') return issuer + paths[path];
  return new URL(issuer).origin + paths[path] + basePathOf(issuer);
};

const linksOf = (issuer: string): readonly EndpointLink[] =>
  (Object.keys(paths) as readonly Path[])
    .filter((path) => path !== 'root')
    .map((path) => ({
      method: posted.includes(path) ? 'POST' : 'GET',
      url: urlOf(issuer, path),
      words: words[path] ?? path.replaceAll('_', ' '),
    }));

const contentSecurityPolicyOf = (style: string, script: string): string =>
  [
    "default-src 'none'",
    `style-src ${hashSource(style)}`,
    `script-src ${hashSource(script)}`,
    'img-src data:',
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

export const root: Endpoint = ({ keyRing, keySetReaders, clock, config }) => {
  const { issuer, policy } = config;
  const style = drawingStyle + pageStyle;
  const page = { issuer, jwksUri: issuer + paths.jwks, endpoints: linksOf(issuer), style, script: pageScript };
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
