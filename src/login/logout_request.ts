// An RP-initiated logout request, checked. OpenID Connect RP-Initiated Logout 1.0 §2 to §4.
import { uiLocalesOf } from '../authorization_request/parameters.ts';
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import type { OwnClaims } from '../tokens/own_claims.ts';
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
  readonly uiLocales: readonly string[];
}

/** Whoever made such a request, its end-user may want to sign out: they are asked, and nothing else it says is used. §2, §4. */
const nothingProved = { client: undefined, hinted: undefined, redirectTo: undefined } as const;

/**
 * The claims of the hint; undefined without one. What a revoked key signed is as none: the application that keeps it is not
 * to blame.
 */
const readHint = async (
  parameters: Parameters,
  provider: Provider,
): Promise<OwnClaims | 'proves nothing' | undefined> => {
  const hint = parameters.get('id_token_hint');
  if (hint === undefined || namesRevokedKey(hint, provider)) return undefined;
  return (await verifyOwnToken(hint, { typ: 'JWT', expiredToo: true }, provider)) ?? 'proves nothing';
};

/** @throws {OAuthError} post_logout_redirect_uri_unregistered. */
export const checkLogoutRequest = async (parameters: Parameters, provider: Provider): Promise<LogoutRequest> => {
  const uiLocales = uiLocalesOf(parameters);
  const claims = await readHint(parameters, provider);
  if (claims === 'proves nothing') return { ...nothingProved, uiLocales };
  const named = parameters.get('client_id') ?? claims?.aud;
  if (claims !== undefined && claims.aud !== named) return { ...nothingProved, uiLocales };
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
    uiLocales,
  };
};
