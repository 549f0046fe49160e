// What the demo application keeps, all of it in the browser: the request that is under way, and the tokens, sealed with a
// key that this process made at its start and that nobody else has.
import type { Context } from 'hono';
import { clearCookie, readCookie, writeCookie } from '../login/cookies.ts';
import type { Provider } from '../provider.ts';
import type { TokenResponse } from '../tokens/issue.ts';
import { makeOpaque } from '../tokens/opaque.ts';
import { openAnswer, sealAnswer } from '../tokens/sealed_answer.ts';

const requestCookie = 'keyturn_demo_request';
const tokensCookie = 'keyturn_demo';

/** As long as a sign-in may take. */
const requestSeconds = 3600;
/** Browsers drop a longer cookie without a word. RFC 6265bis §5.6. */
const mostSealedCharacters = 3900;

export interface DemoRequest {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** Remembers an authorization request just made. */
export const keepDemoRequest = (context: Context, provider: Provider): DemoRequest => {
  const request = { state: makeOpaque(), nonce: makeOpaque(), codeVerifier: makeOpaque() };
  const value = [request.state, request.nonce, request.codeVerifier].join('.');
  writeCookie(context, requestCookie, value, provider, requestSeconds);
  return request;
};

/** @returns the request under way, once. */
export const takeDemoRequest = (context: Context, provider: Provider): DemoRequest | undefined => {
  const [state, nonce, codeVerifier] = readCookie(context, requestCookie, provider)?.split('.') ?? [];
  clearCookie(context, requestCookie, provider);
  return state && nonce && codeVerifier ? { state, nonce, codeVerifier } : undefined;
};

export interface DemoTokens {
  read(context: Context, provider: Provider): TokenResponse | undefined;
  /** @returns false where they are too long for a cookie; nothing is kept then. */
  keep(context: Context, tokens: TokenResponse, provider: Provider): boolean;
  clear(context: Context, provider: Provider): void;
}

export const createDemoTokens = (): DemoTokens => {
  const secret = makeOpaque();
  return {
    read: (context, provider) => {
      const sealed = readCookie(context, tokensCookie, provider);
      try {
        return sealed === undefined ? undefined : openAnswer(sealed, secret);
      } catch {
        // Sealed before the last start, or altered.
        return undefined;
      }
    },
    keep: (context, tokens, provider) => {
      const sealed = sealAnswer(tokens, secret);
      if (sealed.length > mostSealedCharacters) return false;
      writeCookie(context, tokensCookie, sealed, provider);
      return true;
    },
    clear: (context, provider) => clearCookie(context, tokensCookie, provider),
  };
};
