// /demo: a relying party of our own, for issuers on loopback. It needs no script: its requests to the token endpoint are
// made here, through the same app as everybody's. OpenID Connect Core 1.0 §3.1.
import type { Context } from 'hono';
import { ensureBrowserCookie } from '../login/cookies.ts';
import { csrfTokenOf } from '../login/forgery.ts';
import { type DecodedToken, type DemoProblem, demoPage } from '../login/pages/demo.ts';
import type { Provider } from '../provider.ts';
import type { TokenResponse } from '../tokens/issue.ts';
import { hashOpaque } from '../tokens/opaque.ts';
import { verifyOwnToken } from '../tokens/verify_own.ts';
import { createDemoTokens, type DemoTokens, keepDemoRequest, takeDemoRequest } from './demo_cookies.ts';
import type { Endpoint, Handler } from './endpoint.ts';
import { readQuery } from './form_body.ts';
import { pageEndpoint } from './page_endpoint.ts';
import { readPageForm } from './page_form.ts';
import { pageResponse, textsOf } from './page_response.ts';
import { pageHref, paths } from './paths.ts';
import { seeOther } from './see_other.ts';

export const demoClientId = 'demo';
export const demoScope = ['openid', 'profile', 'email', 'roles', 'offline_access'];
export const demoPath = '/demo';
export const demoCallbackPath = `${demoPath}/callback`;

const demoPaths = {
  signIn: `${demoPath}/sign-in`,
  refresh: `${demoPath}/refresh`,
  signOut: `${demoPath}/sign-out`,
} as const;

/** Carries a request to the app without a socket. */
type Send = (request: Request) => Response | Promise<Response>;

interface Demo {
  readonly provider: Provider;
  readonly send: Send;
  readonly kept: DemoTokens;
}

type Form = Readonly<Record<string, string>>;

const decodeSegment = (segment = ''): DecodedToken['claims'] =>
  JSON.parse(Buffer.from(segment, 'base64url').toString());

/** For the eye alone: what was to be verified has been, or is its audience's to verify. */
const decoded = (jwt: string): DecodedToken => {
  const [header, claims] = jwt.split('.');
  return { jwt, header: decodeSegment(header), claims: decodeSegment(claims) };
};

const show = (context: Context, tokens: TokenResponse | undefined, problem: DemoProblem | null, { provider }: Demo) => {
  const markup = demoPage({
    texts: textsOf(context),
    tokens:
      tokens?.id_token === undefined
        ? null
        : { idToken: decoded(tokens.id_token), accessToken: decoded(tokens.access_token) },
    problem,
    csrf: csrfTokenOf(ensureBrowserCookie(context, provider)),
    actions: {
      signIn: pageHref(demoPaths.signIn, provider),
      refresh: pageHref(demoPaths.refresh, provider),
      signOut: pageHref(demoPaths.signOut, provider),
    },
    accountHref: pageHref(paths.account, provider),
    now: provider.clock.now(),
  });
  return pageResponse(context, markup, { status: problem === null ? 200 : 400 });
};

const goHome = (context: Context, { provider }: Demo): Response => seeOther(context, pageHref(demoPath, provider));

const withQuery = (path: string, parameters: Form, { provider }: Demo): string =>
  `${pageHref(path, provider)}?${new URLSearchParams(parameters)}`;

const post = (path: string, form: Form, { provider, send }: Demo): Response | Promise<Response> =>
  send(
    new Request(provider.config.issuer + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ client_id: demoClientId, ...form }).toString(),
    }),
  );

const asked = async (form: Form, demo: Demo): Promise<TokenResponse | { readonly problem: DemoProblem }> => {
  const response = await post(paths.token, form, demo);
  // Our own token endpoint answers with one or the other.
  const answer = (await response.json()) as TokenResponse & { error?: string; error_description?: string };
  return response.ok ? answer : { problem: { error: `${answer.error}: ${answer.error_description}` } };
};

const redirectUriOf = ({ config }: Provider): string => config.issuer + demoCallbackPath;

const signIn = async (context: Context, demo: Demo): Promise<Response> => {
  await readPageForm(context, demo.provider);
  const { state, nonce, codeVerifier } = keepDemoRequest(context, demo.provider);
  const parameters = {
    client_id: demoClientId,
    redirect_uri: redirectUriOf(demo.provider),
    response_type: 'code',
    scope: demoScope.join(' '),
    state,
    nonce,
    code_challenge: hashOpaque(codeVerifier),
    code_challenge_method: 'S256',
  };
  return seeOther(context, withQuery(paths.authorization, parameters, demo));
};

/** @returns what the code was exchanged for, or what kept it from being. */
const redeem = async (context: Context, demo: Demo): Promise<TokenResponse | { readonly problem: DemoProblem }> => {
  const { provider } = demo;
  const answer = readQuery(context);
  const request = takeDemoRequest(context, provider);
  if (request === undefined || answer.get('state') !== request.state) return { problem: 'state' };
  if (answer.get('iss') !== provider.config.issuer) return { problem: 'issuer' };
  const [error, code] = [answer.get('error'), answer.get('code')];
  if (code === undefined) return { problem: { error: `${error}: ${answer.get('error_description')}` } };
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUriOf(provider) };
  const tokens = await asked({ ...form, code_verifier: request.codeVerifier }, demo);
  if ('problem' in tokens) return tokens;
  const claims = await verifyOwnToken(tokens.id_token ?? '', { typ: 'JWT' }, provider);
  if (claims?.aud !== demoClientId || claims.nonce !== request.nonce) return { problem: 'id_token' };
  return tokens;
};

const keep = (context: Context, tokens: TokenResponse, demo: Demo): Response | Promise<Response> => {
  if (demo.kept.keep(context, tokens, demo.provider)) return goHome(context, demo);
  return show(context, undefined, 'too_long', demo);
};

const callback = async (context: Context, demo: Demo): Promise<Response> => {
  const tokens = await redeem(context, demo);
  return 'problem' in tokens ? show(context, undefined, tokens.problem, demo) : keep(context, tokens, demo);
};

const refresh = async (context: Context, demo: Demo): Promise<Response> => {
  await readPageForm(context, demo.provider);
  const tokens = demo.kept.read(context, demo.provider);
  if (tokens?.refresh_token === undefined) return goHome(context, demo);
  const fresh = await asked({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token }, demo);
  if (!('problem' in fresh)) return keep(context, { ...tokens, ...fresh }, demo);
  demo.kept.clear(context, demo.provider);
  return show(context, undefined, fresh.problem, demo);
};

/** The refresh token outlives the session (offline_access), so it is given back first. RFC 7009. */
const signOut = async (context: Context, demo: Demo): Promise<Response> => {
  await readPageForm(context, demo.provider);
  const tokens = demo.kept.read(context, demo.provider);
  demo.kept.clear(context, demo.provider);
  if (tokens?.id_token === undefined) return goHome(context, demo);
  if (tokens.refresh_token !== undefined) await post(paths.revocation, { token: tokens.refresh_token }, demo);
  const home = demo.provider.config.issuer + demoPath;
  const parameters = { id_token_hint: tokens.id_token, post_logout_redirect_uri: home };
  return seeOther(context, withQuery(paths.end_session, parameters, demo));
};

/** The endpoints of the demo by their paths. */
export const demoEndpoints = (send: Send): Readonly<Record<string, Endpoint>> => {
  const kept = createDemoTokens();
  const serve =
    (method: 'GET' | 'POST', handler: (context: Context, demo: Demo) => Response | Promise<Response>): Endpoint =>
    (provider) => {
      const handle: Handler = (context) => handler(context, { provider, send, kept });
      return pageEndpoint(provider, { [method]: handle });
    };
  return {
    [demoPath]: serve('GET', (context, demo) => show(context, kept.read(context, demo.provider), null, demo)),
    [demoCallbackPath]: (provider) => ({ ...serve('GET', callback)(provider), HEAD: 'refused' }),
    [demoPaths.signIn]: serve('POST', signIn),
    [demoPaths.refresh]: serve('POST', refresh),
    [demoPaths.signOut]: serve('POST', signOut),
  };
};
