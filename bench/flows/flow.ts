// A flow: requests that depend on each other's answers, made over and over by some workers at once. Facts alone, so that
// a contender can tell them to the process that makes the load.
import type { Target } from '../contender.ts';

export interface CodeFlow {
  readonly kind: 'code';
  /** With a challenge for `codeVerifier`; the answer is a redirect with a code, for the browser has a session. */
  readonly authorizationUrl: string;
  readonly cookie: string;
  readonly tokenEndpoint: string;
  readonly authorization: string;
}

export interface RefreshFlow {
  readonly kind: 'refresh';
  readonly tokenEndpoint: string;
  readonly authorization: string;
  /** One a worker. */
  readonly refreshTokens: readonly string[];
}

export interface SignInFlow {
  readonly kind: 'sign-in';
  readonly issuer: string;
  /** Of the node that is asked, where that is not the issuer's own. */
  readonly origin: string;
  readonly usernames: readonly string[];
  /** Each sign-in is from an address of its own; this is the number of the first. */
  readonly firstPlace: number;
}

export type Flow = CodeFlow | RefreshFlow | SignInFlow;

export interface TokenAnswer {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly id_token: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

/** How a flow's requests are sent; redirects are not followed. */
export type Send = (request: Target) => Promise<HttpAnswer>;

export const tokensOf = ({ status, body }: HttpAnswer): TokenAnswer => {
  if (status !== 200) throw new Error(`The token endpoint answered ${status}: ${body}`);
  return JSON.parse(body) as TokenAnswer;
};
