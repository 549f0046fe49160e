// What a Provider has for revocation, on whatever store it has.
import type { Clock } from '../seams/clock.ts';
import type { RevocationStore } from '../seams/revocation_store.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { createPlaceAllocator, type PlaceAllocator } from './place_allocator.ts';
import { retentionSecondsOf, type TokenTiming } from './retention.ts';
import { createRevocationView, type RevocationView } from './revocation_view.ts';

export interface RevocationSurroundings {
  readonly store: RevocationStore;
  readonly clock: Clock;
  readonly config: { readonly statusListPlaces: number; readonly policy: TokenTiming };
  readonly keyRing: { readonly keys: readonly SigningKeyRecord[] };
  /** Whether the view will be refreshed all the time. */
  readonly polled: boolean;
  /** As the view takes it. */
  readonly pause?: () => Promise<void>;
}

export interface RevocationParts {
  readonly places: PlaceAllocator;
  readonly revocations: RevocationView;
}

export const createRevocationParts = (surroundings: RevocationSurroundings): RevocationParts => {
  const { store, clock, config, keyRing, polled, pause } = surroundings;
  const retentionSeconds = (): number => retentionSecondsOf(config.policy, keyRing.keys);
  return {
    places: createPlaceAllocator({ store, clock, places: config.statusListPlaces }),
    revocations: createRevocationView({ store, clock, retentionSeconds, polled, ...(pause && { pause }) }),
  };
};
