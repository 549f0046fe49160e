// An RP-initiated logout request, checked. OpenID Connect RP-Initiated Logout 1.0 §2, §3.
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import { namesRevokedKey, verifyOwnToken } from '../tokens/verify_own.ts';

export const logoutParameterNames = [
  ...['id_token_hint', 'logout_hint', 'client_id', 'post_logout_redirect_uri', 'state', 'ui_locales'],
] as const;

export interface LogoutRequest {
  /** The client that asked: proved by its hint, or named. */
  readonly client: Client | undefined;
  /** What the hint says of whom to sign out; a hint may have expired. */
  readonly hinted: { readonly sub: string; readonly sid: string | undefined } | undefined;
  /** Registered by the client, with `state` added; undefined: our own page, as where no client is named. */
  readonly redirectTo: string | undefined;
}

/**
 * The claims of the hint; undefined without one. What a revoked key signed is as none: the application that keeps it is not
 * to blame, and its end-user wants to sign out all the same.
 *
 * @throws {OAuthError} id_token_hint_malformed.
 */
const readHint = async (parameters: Parameters, provider: Provider) => {
  const hint = parameters.get('id_token_hint');
  if (hint === undefined || namesRevokedKey(hint, provider)) return undefined;
  const claims = await verifyOwnToken(hint, { typ: 'JWT', expiredToo: true }, provider);
  if (claims === undefined) throw new OAuthError('id_token_hint_malformed');
  return claims;
};

/** @throws {OAuthError} id_token_hint_malformed, post_logout_redirect_uri_unregistered. */
export const checkLogoutRequest = async (parameters: Parameters, provider: Provider): Promise<LogoutRequest> => {
  const claims = await readHint(parameters, provider);
  const named = parameters.get('client_id') ?? claims?.aud;
  if (claims !== undefined && claims.aud !== named) throw new OAuthError('id_token_hint_malformed');
  const client = named === undefined ? undefined : await provider.store.findClient(named);
  // There is software that names a way back and nobody to whom (omniauth_openid_connect): it is asked, and not gone.
  const uri = named === undefined ? undefined : parameters.get('post_logout_redirect_uri');
  if (uri !== undefined && !client?.postLogoutRedirectUris.includes(uri))
    throw new OAuthError('post_logout_redirect_uri_unregistered');
  const state = parameters.get('state');
  const query = state === undefined ? '' : `${uri?.includes('?') ? '&' : '?'}${new URLSearchParams({ state })}`;
  return {
    client,
    hinted: claims && { sub: claims.sub, sid: claims.sid },
    redirectTo: uri && uri + query,
  };
};
