// Tokens that verified, remembered by their SHA-256 so that no token lies in memory, the least used forgotten first. What
// changes with time (expiry, the key, revocation) is checked again at each use.

import { encodeBase64url } from './base64url.ts';
import { createBoundedMap } from './bounded_map.ts';
import type { AccessTokenClaims } from './claims.ts';
import { nodeCrypto } from './runtime.ts';
import type { VerificationKey } from './verification_key.ts';

export interface RememberedToken {
  readonly claims: AccessTokenClaims;
  readonly key: VerificationKey;
}

export interface RememberedTokens {
  get(name: string): RememberedToken | undefined;
  set(name: string, token: RememberedToken): void;
  forget(name: string): void;
  clear(): void;
  readonly size: number;
}

/** @returns SHA-256 of the token; a promise where the runtime has only WebCrypto. */
export const nameOf = (token: string): string | Promise<string> => {
  if (nodeCrypto !== undefined) return nodeCrypto.hash('sha256', token, 'base64url');
  const digest = crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
  return digest.then((bytes) => encodeBase64url(new Uint8Array(bytes)));
};

/** The claims go to every request with this token, so none may change them for the others. No recursion: they may be deep. */
const freezeAll = (root: object): void => {
  const waiting: object[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    Object.freeze(value);
    for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) waiting.push(member);
  }
};

export const createRememberedTokens = (mostTokens: number): RememberedTokens => {
  const tokens = createBoundedMap<RememberedToken>(mostTokens);
  return {
    get: (name) => {
      const token = tokens.get(name);
      if (token !== undefined) tokens.set(name, token);
      return token;
    },
    set: (name, token) => {
      freezeAll(token.claims);
      tokens.set(name, token);
    },
    forget: tokens.delete,
    clear: tokens.clear,
    get size() {
      return tokens.size;
    },
  };
};
