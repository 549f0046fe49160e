import type { Parameters } from '../form_urlencoded.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import type { Authorization } from '../tokens/authorization.ts';
import type { IssuedTokens, TokenResponse } from '../tokens/issue.ts';

/** What a grant proved, and how it is consumed. */
export interface Proof {
  readonly authorization: Authorization;
  /**
   * Consumes what was proved, by one atomic step, after the tokens are made and before anything is sent. Of racing
   * requests one settles; what was made for the others never leaves.
   *
   * @returns the response to send: the one made, or the one that an earlier request with the same token got.
   */
  settle(issued: IssuedTokens): Promise<TokenResponse>;
}

/** Proves what a token request is entitled to: find, check, check. No HTTP, no signing; the client is authenticated already. */
export type Grant = (parameters: Parameters, client: Client, provider: Provider) => Promise<Proof>;
