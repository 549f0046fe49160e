// The only mint: turns an Authorization into the response of the token endpoint. RFC 6749 §5.1, OIDC Core §3.1.3.3.
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { StatusPlace } from '../seams/revocation_store.ts';
import { accessTokenClaims } from './access_token.ts';
import type { Authorization } from './authorization.ts';
import { idTokenClaims } from './id_token.ts';
import { signJwt } from './jws.ts';

/** @see RFC 6749 §5.1 https://www.rfc-editor.org/rfc/rfc6749#section-5.1 */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds. */
  readonly expires_in: number;
  readonly scope?: string;
  readonly refresh_token?: string;
  /** OpenID Connect Core 1.0 §3.1.3.3. */
  readonly id_token?: string;
}

const issueIdToken = async (
  { client, scope, endUser }: Authorization,
  accessToken: string,
  { config, clock, keyRing }: Provider,
): Promise<string | undefined> => {
  if (endUser === undefined || !scope.includes('openid')) return undefined;
  const { signer, longestTokenSeconds } = keyRing.activeSigner(client.idTokenSignedResponseAlg);
  const lifetimeSeconds = Math.min(config.idTokenSeconds, longestTokenSeconds);
  const issuance = { issuer: config.issuer, issuedAt: clock.now(), lifetimeSeconds };
  const claims = idTokenClaims(endUser, client, accessToken, issuance);
  return signJwt('JWT', claims, signer);
};

/** Tokens made, and where the access token stands in a status list: what settling keeps, so that revoking finds it. */
export interface IssuedTokens {
  readonly response: TokenResponse;
  readonly place: StatusPlace | null;
}

/** After everything that was revoked of the client: whole seconds do not tell what came before from what came after. */
const issuedAtOf = ({ tokensNotBefore }: Client, now: NumericDate): NumericDate =>
  tokensNotBefore === null ? now : Math.max(now, tokensNotBefore + 1);

/**
 * Signs an access token with the resource's algorithm and, for an end-user who was asked for `openid`, an ID token with
 * the client's. Neither outlives what its key's grace was computed for.
 *
 * @throws {OAuthError} signing_unavailable. @throws {StoreUnavailableError}
 */
export const issueTokens = async (authorization: Authorization, provider: Provider): Promise<IssuedTokens> => {
  const { config, clock, keyRing, places } = provider;
  const { client, resource, scope, endUser } = authorization;
  const { signer, longestTokenSeconds } = keyRing.activeSigner(resource.accessTokenSigningAlg);
  const lifetimeSeconds = Math.min(resource.accessTokenSeconds, longestTokenSeconds);
  const issuedAt = issuedAtOf(client, clock.now());
  const place = resource.statusList
    ? await places.allocate(client, issuedAt + lifetimeSeconds, lifetimeSeconds)
    : undefined;
  const issuance = { issuer: config.issuer, issuedAt, lifetimeSeconds, place };
  const accessToken = await signJwt('at+jwt', accessTokenClaims(authorization, issuance), signer);
  const idToken = await issueIdToken(authorization, accessToken, provider);
  const response = {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: lifetimeSeconds,
    ...(scope.length > 0 && { scope: scope.join(' ') }),
    ...(endUser?.refreshToken !== undefined && { refresh_token: endUser.refreshToken }),
    ...(idToken !== undefined && { id_token: idToken }),
  } as const;
  return { response, place: place?.place ?? null };
};
