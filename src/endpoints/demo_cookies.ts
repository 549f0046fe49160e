// What the demo application keeps, all of it in the browser: the request that is under way, and the tokens, sealed with a
// key that this process made at its start and that nobody else has.
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { TokenResponse } from '../tokens/issue.ts';
import { makeOpaque } from '../tokens/opaque.ts';
import { openAnswer, sealAnswer } from '../tokens/sealed_answer.ts';

const requestCookie = '__Host-keyturn_demo_request';
const tokensCookie = '__Host-keyturn_demo';

const attributes = { path: '/', secure: true, httpOnly: true, sameSite: 'Lax' } as const;

/** As long as a sign-in may take. */
const requestSeconds = 3600;
/** Browsers drop a longer cookie without a word. RFC 6265bis §5.6. */
const mostSealedCharacters = 3900;

export interface DemoRequest {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

const clear = (context: Context, name: string): void => setCookie(context, name, '', { ...attributes, maxAge: 0 });

/** Remembers an authorization request just made. */
export const keepDemoRequest = (context: Context): DemoRequest => {
  const request = { state: makeOpaque(), nonce: makeOpaque(), codeVerifier: makeOpaque() };
  const value = [request.state, request.nonce, request.codeVerifier].join('.');
  setCookie(context, requestCookie, value, { ...attributes, maxAge: requestSeconds });
  return request;
};

/** @returns the request under way, once. */
export const takeDemoRequest = (context: Context): DemoRequest | undefined => {
  const [state, nonce, codeVerifier] = getCookie(context, requestCookie)?.split('.') ?? [];
  clear(context, requestCookie);
  return state && nonce && codeVerifier ? { state, nonce, codeVerifier } : undefined;
};

export interface DemoTokens {
  read(context: Context): TokenResponse | undefined;
  /** @returns false where they are too long for a cookie; nothing is kept then. */
  keep(context: Context, tokens: TokenResponse): boolean;
  clear(context: Context): void;
}

export const createDemoTokens = (): DemoTokens => {
  const secret = makeOpaque();
  return {
    read: (context) => {
      const sealed = getCookie(context, tokensCookie);
      try {
        return sealed === undefined ? undefined : openAnswer(sealed, secret);
      } catch {
        // Sealed before the last start, or altered.
        return undefined;
      }
    },
    keep: (context, tokens) => {
      const sealed = sealAnswer(tokens, secret);
      if (sealed.length > mostSealedCharacters) return false;
      setCookie(context, tokensCookie, sealed, attributes);
      return true;
    },
    clear: (context) => clear(context, tokensCookie),
  };
};
