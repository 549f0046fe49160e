// The only mint: turns an Authorization into the response of the token endpoint. RFC 6749 §5.1.
import type { Provider } from '../provider.ts';
import { accessTokenClaims } from './access_token.ts';
import type { Authorization } from './authorization.ts';
import { signJwt } from './jws.ts';

/** @see RFC 6749 §5.1 https://www.rfc-editor.org/rfc/rfc6749#section-5.1 */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds. */
  readonly expires_in: number;
  readonly scope?: string;
}

/**
 * Signs an access token with the resource's algorithm. It never outlives what its key's grace was computed for.
 *
 * @throws {OAuthError} signing_unavailable.
 */
export const issueTokens = async (
  authorization: Authorization,
  { config, clock, keyRing }: Provider,
): Promise<TokenResponse> => {
  const { resource, scope } = authorization;
  const { signer, longestTokenSeconds } = keyRing.activeSigner(resource.accessTokenSigningAlg);
  const lifetimeSeconds = Math.min(resource.accessTokenSeconds, longestTokenSeconds);
  const claims = accessTokenClaims(authorization, config.issuer, clock.now(), lifetimeSeconds);
  return {
    access_token: await signJwt('at+jwt', claims, signer),
    token_type: 'Bearer',
    expires_in: lifetimeSeconds,
    ...(scope.length > 0 && { scope: scope.join(' ') }),
  };
};
