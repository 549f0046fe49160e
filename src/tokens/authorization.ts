import type { Client } from '../seams/client_store.ts';
import type { Resource } from '../seams/resource_store.ts';
import type { TokenFamily } from '../seams/token_store.ts';
import type { User } from '../seams/user_store.ts';

/** What an end-user's part in an authorization adds. */
export interface EndUserAuthorization {
  readonly user: User;
  readonly family: TokenFamily;
  /** The refresh token to hand out; undefined when the client gets none. */
  readonly refreshToken: string | undefined;
}

/** What a grant proved: who asks, for whom, at which resource, with which scope. issue.ts turns it into tokens. */
export interface Authorization {
  readonly client: Client;
  /** The `sub` of the tokens: the client itself where no end-user is involved (RFC 9068 §2.2). */
  readonly subject: string;
  readonly resource: Resource;
  readonly scope: readonly string[];
  readonly endUser?: EndUserAuthorization;
}
