// Whether an access token still stands: signed here, unexpired, and neither it nor what it came of was ended.
import type { Provider } from '../provider.ts';
import type { OwnClaims } from './own_claims.ts';
import { verifyOwnToken } from './verify_own.ts';

/** @param claims - of a token that verifyOwnToken let through. */
export const isStanding = async (claims: OwnClaims, { store }: Pick<Provider, 'store'>): Promise<boolean> => {
  if (claims.jti === undefined || (await store.isTokenDenied(claims.jti))) return false;
  const client = await store.findClient(claims.client_id ?? '');
  if (client === undefined || (claims.iat ?? 0) <= (client.tokensNotBefore ?? -1)) return false;
  if (claims.family_id === undefined) return true;
  const family = await store.findFamily(claims.family_id);
  return family !== undefined && family.endedAt === null;
};

/** @returns the claims; undefined when the token does not stand. */
export const standingAccessToken = async (token: string, provider: Provider): Promise<OwnClaims | undefined> => {
  const claims = await verifyOwnToken(token, { typ: 'at+jwt' }, provider);
  return claims !== undefined && (await isStanding(claims, provider)) ? claims : undefined;
};
