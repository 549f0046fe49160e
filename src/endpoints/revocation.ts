// revocation_endpoint: a client gives back a token of its own. RFC 7009; a foreign or unknown token is answered alike.
import { OAuthError } from '../errors.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import { findPlace } from '../status_lists/find_place.ts';
import { auditEvent } from '../tokens/audit.ts';
import { endFamily } from '../tokens/end_family.ts';
import { findRefreshToken } from '../tokens/find_refresh_token.ts';
import { verifyOwnToken } from '../tokens/verify_own.ts';
import { preflight, proveClient } from './cross_origin.ts';
import type { Endpoint } from './endpoint.ts';
import { readFormBody } from './form_body.ts';
import { plainJson } from './plain_json.ts';

const revokeAccessToken = async (token: string, client: Client, provider: Provider): Promise<void> => {
  const claims = await verifyOwnToken(token, { typ: 'at+jwt' }, provider);
  if (claims?.client_id !== client.clientId || claims.jti === undefined) return;
  const place = await findPlace(claims.jti, provider.store);
  const of = { clientId: client.clientId, sub: claims.sub, details: { jti: claims.jti } };
  await provider.store.denyToken(claims.jti, claims.exp, place, auditEvent('token.revoked', of, provider));
};

const revokeRefreshToken = async (token: string, client: Client, provider: Provider): Promise<void> => {
  const found = await findRefreshToken(token, provider.store);
  if (found?.family.clientId !== client.clientId) return;
  await endFamily(found.family, 'revoked_by_client', provider);
};

export const revocation: Endpoint = (provider) => ({
  POST: async (context) => {
    const parameters = await readFormBody(context);
    const { client, crossOrigin } = await proveClient(context, parameters, provider);
    const token = parameters.get('token');
    if (token === undefined) throw new OAuthError('token_missing');
    // By a clock that is wrong a token may look expired, and its mark as of long ago: nobody would be told, and the client would
    // think so.
    provider.keyRing.assertFit();
    const revoke = token.includes('.') ? revokeAccessToken : revokeRefreshToken;
    await revoke(token, client, provider);
    // To be ignored (RFC 7009 §2.2), but some clients parse it all the same: an empty one fails there, whatever its type.
    return plainJson({}, { 'Cache-Control': 'no-store', ...crossOrigin });
  },
  OPTIONS: preflight('POST, OPTIONS'),
});
