import type { Parameters } from '../form_urlencoded.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import type { Authorization } from '../tokens/authorization.ts';

/** Proves what a token request is entitled to. No HTTP, no signing; the client is authenticated already. */
export type Grant = (parameters: Parameters, client: Client, provider: Provider) => Promise<Authorization>;
