import type { ClientStore } from './client_store.ts';
import type { ResourceStore } from './resource_store.ts';
import type { SigningKeyStore } from './signing_key_store.ts';

/** Everything that is kept. Its verbs are the protocol's atomic steps, not create-read-update-delete. */
export interface Store extends SigningKeyStore, ClientStore, ResourceStore {
  close(): Promise<void>;
}

/** The database could not answer; the request may be tried again. */
export class StoreUnavailableError extends Error {
  override name = 'StoreUnavailableError';
}
