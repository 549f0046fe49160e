import type { Config } from './config.ts';
import type { KeySetReaders } from './keys/count_readers.ts';
import type { KeyHistory } from './keys/keep_key_history.ts';
import type { KeyRing } from './keys/key_ring.ts';
import type { Clock } from './seams/clock.ts';
import type { Deflate } from './seams/deflate.ts';
import type { Log } from './seams/log.ts';
import type { Metrics } from './seams/metrics.ts';
import type { OutboundHttp } from './seams/outbound_http.ts';
import type { PasswordHasher } from './seams/password_hasher.ts';
import type { PostLimiter, RateLimiter } from './seams/rate_limiter.ts';
import type { Store } from './seams/store.ts';
import type { StoreFence } from './seams/store_fence.ts';
import type { StoreSchema } from './seams/store_schema.ts';
import type { TakeTurn } from './seams/turns.ts';
import type { PlaceAllocator } from './status_lists/place_allocator.ts';
import type { RevocationView } from './status_lists/revocation_view.ts';

/** What an entry builds from its surroundings, and everything below it works with. */
export interface Provider {
  readonly config: Config;
  readonly clock: Clock;
  readonly store: Store;
  /** Where the store may have to take no more writes: a failing disk under SQLite. */
  readonly storeFence?: StoreFence;
  /** Where the tables are not made at start: D1's. */
  readonly storeSchema?: StoreSchema;
  readonly keyRing: KeyRing;
  readonly keyHistory: KeyHistory;
  readonly keySetReaders: KeySetReaders;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly passwordHasher: PasswordHasher;
  readonly rateLimiter: RateLimiter;
  /** Of this process alone, for limits that are asked at every request. */
  readonly localRateLimiter: RateLimiter;
  /** Where the surroundings count what an address posts to pages. */
  readonly postLimiter?: PostLimiter;
  readonly outboundHttp: OutboundHttp;
  readonly places: PlaceAllocator;
  readonly revocations: RevocationView;
  readonly deflate: Deflate;
  /** For pages, which token requests do not wait behind. */
  readonly takeTurn: TakeTurn;
  /** For what comes before a password is hashed: a hundred at once must not stand in the way of tokens. */
  readonly takeSignInTurn: TakeTurn;
}
