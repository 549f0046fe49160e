// introspection_endpoint: tells a token's own client, and the server of its resource, whether it stands. RFC 7662.
import { authenticateClient } from '../client_authentication/token_endpoint_auth_method.ts';
import { OAuthError } from '../errors.ts';
import { expiryOf } from '../grants/authorization_code.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import { hashOpaque } from '../tokens/opaque.ts';
import type { OwnClaims } from '../tokens/own_claims.ts';
import { isStanding } from '../tokens/standing_access_token.ts';
import { verifyOwnToken } from '../tokens/verify_own.ts';
import type { Endpoint } from './endpoint.ts';
import { readFormBody } from './form_body.ts';
import { plainJson } from './plain_json.ts';

const noStore = { 'Cache-Control': 'no-store' };
const inactive = { active: false } as const;

/** By what RFC 7662 §2.2 calls the end-user, where the token tells it: there are resource servers that look nowhere else. */
const usernameOf = ({ preferred_username: username }: OwnClaims) => typeof username === 'string' && { username };

/** Whose the token is, is settled before anything is looked up: a foreign one costs what an unknown one does. */
const introspectAccessToken = async (token: string, client: Client, provider: Provider) => {
  const claims = await verifyOwnToken(token, { typ: 'at+jwt' }, provider);
  const mayKnow = claims?.client_id === client.clientId || client.serves.includes(claims?.aud ?? '');
  if (claims === undefined || !mayKnow) return inactive;
  if (!(await isStanding(claims, provider))) return inactive;
  return { active: true, token_type: 'Bearer', ...usernameOf(claims), ...claims };
};

const introspectRefreshToken = async (token: string, client: Client, { store, clock, config }: Provider) => {
  const found = await store.findRefreshToken(hashOpaque(token));
  if (found === undefined || found.family.clientId !== client.clientId) return inactive;
  const { token: kept, family } = found;
  const exp = expiryOf(found, config);
  if (kept.usedAt !== null || family.endedAt !== null || clock.now() >= exp) return inactive;
  return {
    active: true,
    iss: config.issuer,
    sub: family.sub,
    client_id: family.clientId,
    scope: family.scope.join(' '),
    exp,
  };
};

export const introspection: Endpoint = (provider) => ({
  POST: async (context) => {
    const parameters = await readFormBody(context);
    const authorization = context.req.header('Authorization');
    const client = await authenticateClient({ authorization, parameters }, provider);
    if (client.tokenEndpointAuthMethod === 'none') throw new OAuthError('client_unauthenticated');
    const token = parameters.get('token');
    if (token === undefined) throw new OAuthError('token_missing');
    // By a clock that is wrong what expired stands, or the other way round.
    provider.keyRing.assertFit();
    const introspect = token.includes('.') ? introspectAccessToken : introspectRefreshToken;
    return plainJson(await introspect(token, client, provider), noStore);
  },
});
