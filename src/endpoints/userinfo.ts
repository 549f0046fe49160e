// userinfo_endpoint: the end-user's claims that the access token's scope asks for. OpenID Connect Core 1.0 §5.3.
import type { Context } from 'hono';
import type { Config } from '../config.ts';
import { OAuthError } from '../errors.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import { signJwt } from '../tokens/jws.ts';
import { standingAccessToken } from '../tokens/standing_access_token.ts';
import { claimNamesOf, userClaims } from '../tokens/user_claims.ts';
import { allowAnyOrigin, preflight } from './cross_origin.ts';
import type { Endpoint } from './endpoint.ts';
import { bearerChallenge } from './error_response.ts';
import { readFormBody } from './form_body.ts';

const bearer = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
const bearerScheme = /^bearer(?: |$)/i;
const noStore = { 'Cache-Control': 'no-store' };

/** Another scheme is no Bearer credential at all, so the answer to it is the plain challenge. RFC 6750 §3.1. */
const tokenInHeader = (context: Context): string | undefined => {
  const credentials = context.req.header('Authorization') ?? '';
  if (!bearerScheme.test(credentials)) return undefined;
  const token = bearer.exec(credentials)?.[1];
  if (token === undefined) throw new OAuthError('access_token_malformed');
  return token;
};

const tokenInBody = async (context: Context): Promise<string | undefined> => {
  const form = context.req.method === 'POST' && context.req.header('Content-Type') !== undefined;
  return form ? (await readFormBody(context)).get('access_token') : undefined;
};

/** The header, or the body of a POST, never both; never the URL, and nothing beside what is there. RFC 6750 §2, §3.1. */
const presentedToken = async (context: Context): Promise<string> => {
  const [inHeader, inBody] = [tokenInHeader(context), await tokenInBody(context)];
  const token = inHeader ?? inBody;
  if (token === undefined) throw new OAuthError('access_token_missing');
  const inUrl = context.req.query('access_token') !== undefined;
  if (inUrl || (inHeader !== undefined && inBody !== undefined)) throw new OAuthError('access_token_malformed');
  return token;
};

/** Who is refused is told how to ask, also where the request itself is at fault. RFC 6750 §3. */
const challenged = async <Value>(context: Context, presented: Promise<Value>): Promise<Value> => {
  try {
    return await presented;
  } catch (error) {
    if (error instanceof OAuthError) context.header('WWW-Authenticate', bearerChallenge(error));
    throw error;
  }
};

/**
 * An access token is for its audience alone (RFC 9068 §4), and the issuer is one. A client that names no resource gets a
 * token for its first and, knowing nothing of audiences, asks userinfo with it: that one is taken too. What was asked for
 * another resource by name is for that resource, which has no business here.
 */
const isForUs = (audience: string | undefined, client: Client | undefined, { issuer }: Config): boolean =>
  audience === issuer || (audience !== undefined && audience === client?.resources[0]);

const answer = async (context: Context, provider: Provider): Promise<Response> => {
  const { store, keyRing, config } = provider;
  allowAnyOrigin(context);
  const presented = await challenged(context, presentedToken(context));
  // By a clock that is wrong what expired stands, or the other way round.
  keyRing.assertFit();
  const token = await standingAccessToken(presented, provider);
  if (token === undefined || token.family_id === undefined) throw new OAuthError('access_token_refused');
  const scope = (token.scope ?? '').split(' ');
  if (!scope.includes('openid')) throw new OAuthError('access_token_scope_insufficient');
  const client = await store.findClient(token.client_id ?? '');
  if (!isForUs(token.aud, client, config)) throw new OAuthError('access_token_audience_other');
  const [user, family] = [await store.findUser(token.sub), await store.findFamily(token.family_id)];
  if (user === undefined || user.lockedAt !== null || family === undefined || client === undefined)
    throw new OAuthError('access_token_ended');
  const claims = { ...userClaims(user, [...claimNamesOf(scope), ...family.userinfoClaims]), sub: user.sub };
  const alg = client.userinfoSignedResponseAlg;
  if (alg === null) return context.json(claims, 200, noStore);
  const signed = { ...claims, iss: config.issuer, aud: client.clientId };
  const jwt = await signJwt('JWT', signed, keyRing.activeSigner(alg).signer);
  return context.body(jwt, 200, { ...noStore, 'Content-Type': 'application/jwt' });
};

export const userinfo: Endpoint = (provider) => ({
  GET: (context) => answer(context, provider),
  POST: (context) => answer(context, provider),
  OPTIONS: preflight('GET, POST, OPTIONS'),
});
