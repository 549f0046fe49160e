import type { Client } from '../seams/client_store.ts';
import type { Resource } from '../seams/resource_store.ts';

/** What a grant proved: who asks, for whom, at which resource, with which scope. issue.ts turns it into tokens. */
export interface Authorization {
  readonly client: Client;
  /** The `sub` of the tokens: the client itself where no end-user is involved (RFC 9068 §2.2). */
  readonly subject: string;
  readonly resource: Resource;
  readonly scope: readonly string[];
}
