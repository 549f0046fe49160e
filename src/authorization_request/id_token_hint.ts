// id_token_hint: names the end-user expected, and never signs anybody in. OpenID Connect Core 1.0 §3.1.2.1.
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import { namesRevokedKey, verifyOwnToken } from '../tokens/verify_own.ts';
import type { Prompt } from './authorization_request.ts';

/**
 * What a revoked key signed names nobody: the client that keeps it is not to blame, and its end-user may sign in.
 *
 * @returns the `sub`; the hint may have expired.
 * @throws {OAuthError} id_token_hint_malformed; login_required, where only the hint could say who is to be signed in.
 */
export const checkIdTokenHint = async (
  parameters: Parameters,
  prompt: readonly Prompt[],
  client: Client,
  provider: Provider,
): Promise<string | undefined> => {
  const hint = parameters.get('id_token_hint');
  if (hint === undefined) return undefined;
  if (namesRevokedKey(hint, provider)) {
    if (prompt.includes('none')) throw new OAuthError('login_required');
    return undefined;
  }
  const claims = await verifyOwnToken(hint, { typ: 'JWT', expiredToo: true }, provider);
  if (claims?.aud !== client.clientId) throw new OAuthError('id_token_hint_malformed');
  return claims.sub;
};
