// Whether an access token still stands: signed here, unexpired, and neither it nor what it came of was ended.
import type { JWTPayload } from 'jose';
import type { Provider } from '../provider.ts';
import { verifyOwnToken } from './verify_own.ts';

/** @returns the claims; undefined when the token does not stand. */
export const standingAccessToken = async (token: string, provider: Provider): Promise<JWTPayload | undefined> => {
  const claims = await verifyOwnToken(token, { typ: 'at+jwt' }, provider);
  if (claims?.jti === undefined) return undefined;
  const { store } = provider;
  if (await store.isTokenDenied(claims.jti)) return undefined;
  const client = await store.findClient(String(claims.client_id));
  if (client === undefined || (claims.iat ?? 0) <= (client.tokensNotBefore ?? -1)) return undefined;
  if (typeof claims.family_id !== 'string') return claims;
  const family = await store.findFamily(claims.family_id);
  if (family === undefined || family.endedAt !== null) return undefined;
  return claims;
};
