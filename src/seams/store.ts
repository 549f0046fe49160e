import type { AuditStore } from './audit_store.ts';
import type { ClientStore } from './client_store.ts';
import type { KeyEventStore } from './key_event_store.ts';
import type { KeySetReaderStore } from './key_set_reader_store.ts';
import type { LogoutDeliveryStore } from './logout_delivery_store.ts';
import type { ResourceStore } from './resource_store.ts';
import type { RestorationStore } from './restoration_store.ts';
import type { RevocationStore } from './revocation_store.ts';
import type { SessionStore } from './session_store.ts';
import type { SigningKeyStore } from './signing_key_store.ts';
import type { TokenStore } from './token_store.ts';
import type { UserStore } from './user_store.ts';

/** Everything that is kept. Its verbs are the protocol's atomic steps, not create-read-update-delete. */
export interface Store
  extends SigningKeyStore,
    KeyEventStore,
    KeySetReaderStore,
    ClientStore,
    ResourceStore,
    UserStore,
    SessionStore,
    TokenStore,
    AuditStore,
    LogoutDeliveryStore,
    RevocationStore,
    RestorationStore {
  close(): Promise<void>;
}

/** The database could not answer; the request may be tried again. */
export class StoreUnavailableError extends Error {
  override name = 'StoreUnavailableError';
}
