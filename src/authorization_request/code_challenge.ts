// PKCE, S256 alone, for every client but those registered to go without. RFC 7636 §4.3, RFC 9700 §2.1.1.
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import type { Client } from '../seams/client_store.ts';

/** 32 bytes, base64url. RFC 7636 §4.2. */
const s256Challenge = /^[A-Za-z0-9_-]{43}$/;

/** @throws {OAuthError} code_challenge_missing, code_challenge_method_unsupported, code_challenge_malformed. */
export const checkCodeChallenge = (parameters: Parameters, client: Client): string | null => {
  const challenge = parameters.get('code_challenge');
  const method = parameters.get('code_challenge_method');
  if (challenge === undefined) {
    if (client.dangerouslyAllowNoPkce && method === undefined) return null;
    throw new OAuthError('code_challenge_missing');
  }
  if (method !== 'S256') throw new OAuthError('code_challenge_method_unsupported');
  if (!s256Challenge.test(challenge)) throw new OAuthError('code_challenge_malformed');
  return challenge;
};
