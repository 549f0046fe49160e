// id_token_hint: names the end-user expected, and never signs anybody in. OpenID Connect Core 1.0 §3.1.2.1.
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import { verifyOwnToken } from '../tokens/verify_own.ts';

/** @returns the `sub`; the hint may have expired. @throws {OAuthError} id_token_hint_malformed. */
export const checkIdTokenHint = async (
  parameters: Parameters,
  client: Client,
  provider: Provider,
): Promise<string | undefined> => {
  const hint = parameters.get('id_token_hint');
  if (hint === undefined) return undefined;
  const claims = await verifyOwnToken(hint, { typ: 'JWT', expiredToo: true }, provider);
  if (claims?.aud !== client.clientId) throw new OAuthError('id_token_hint_malformed');
  return claims.sub;
};
