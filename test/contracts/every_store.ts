// Every contract of a store, for whichever database is behind it: none of them can be left out.
import type { Clock } from '../../src/seams/clock.ts';
import type { SigningKeyStore } from '../../src/seams/signing_key_store.ts';
import type { Store } from '../../src/seams/store.ts';
import { heldToCalls } from './administered_calls.ts';
import { describeAuditStore } from './audit_store.ts';
import { describeClientStore } from './client_store.ts';
import { describeKeyEventStore } from './key_event_store.ts';
import { describeKeySetReaderStore } from './key_set_reader_store.ts';
import { describeLogoutDeliveryStore } from './logout_delivery_store.ts';
import type { OpenedStore, OpenStore } from './opened_store.ts';
import type { OpenStores } from './opened_stores.ts';
import { describeRateLimiter } from './rate_limiter.ts';
import { describeResourceStore } from './resource_store.ts';
import { describeRestorationStore } from './restoration_store.ts';
import { describeSessionStore } from './session_store.ts';
import { describeSigningKeyStore } from './signing_key_store.ts';
import { describeTokenStore } from './token_store.ts';
import { describeUserStore } from './user_store.ts';

/** The stores alone, without the rate limiters beside them. */
export const storesOf =
  (open: OpenStores) =>
  async (clock: Clock): Promise<OpenedStore<Store>> => {
    const { store, other, close } = await open(clock);
    return { store, other: other.store, close };
  };

export interface KeysOptions {
  /** Where the database's time is not the contract's unless it is made so. */
  readonly openKeys?: OpenStore<SigningKeyStore>;
  readonly hasOwnClock?: boolean;
}

const heldOpen =
  (open: OpenStores): OpenStores =>
  async (clock) => {
    const { store, other, ...rest } = await open(clock);
    return { ...rest, store: heldToCalls(store), other: { ...other, store: heldToCalls(other.store) } };
  };

export const describeEveryStore = (
  name: string,
  openBare: OpenStores,
  { openKeys, ...options }: KeysOptions = {},
): void => {
  const open = heldOpen(openBare);
  describeSigningKeyStore(name, openKeys ?? storesOf(open), options);
  describeClientStore(name, storesOf(open));
  describeResourceStore(name, storesOf(open));
  describeUserStore(name, open);
  describeRestorationStore(name, open);
  describeSessionStore(name, open);
  describeTokenStore(name, open);
  describeAuditStore(name, open);
  describeKeyEventStore(name, open);
  describeKeySetReaderStore(name, open);
  describeLogoutDeliveryStore(name, open);
  describeRateLimiter(name, open);
};
