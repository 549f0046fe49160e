import type { Config } from '../config.ts';
import type { Client } from '../seams/client_store.ts';

/** How the response reaches the client. OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post Response Mode. */
export const responseModes = ['query', 'form_post'] as const;
export type ResponseMode = (typeof responseModes)[number];
export const isResponseMode = (value: string): value is ResponseMode => responseModes.some((mode) => mode === value);

/** OpenID Connect Core 1.0 §3.1.2.1. */
const promptValues = ['none', 'login', 'consent', 'select_account', 'create'] as const;
export type Prompt = (typeof promptValues)[number];

/** `create` where people may sign up. Initiating User Registration via OpenID Connect 1.0 §4. */
export const supportedPrompts = ({ signUp }: Pick<Config, 'signUp'>): readonly Prompt[] =>
  promptValues.filter((prompt) => signUp || prompt !== 'create');

/** What the `claims` parameter asked for. OpenID Connect Core 1.0 §5.5. */
export interface RequestedClaims {
  readonly idToken: readonly string[];
  readonly userinfo: readonly string[];
  /** The only end-users the request is good for; undefined where it names none. */
  readonly subs: readonly string[] | undefined;
}

/** A request that passed every check of checks.ts. */
export interface AuthorizationRequest {
  readonly client: Client;
  readonly redirectUri: string;
  readonly responseMode: ResponseMode;
  readonly state: string | undefined;
  readonly scope: readonly string[];
  readonly resource: string;
  readonly codeChallenge: string | null;
  readonly nonce: string | null;
  readonly prompt: readonly Prompt[];
  readonly maxAgeSeconds: number | undefined;
  readonly loginHint: string | undefined;
  readonly uiLocales: readonly string[];
  readonly claims: RequestedClaims;
  /** The end-user an id_token_hint names. */
  readonly hintedSub: string | undefined;
}
