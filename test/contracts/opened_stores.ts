// What a contract suite is given: a fresh database, opened twice.
import type { Clock } from '../../src/seams/clock.ts';
import type { RateLimiter } from '../../src/seams/rate_limiter.ts';
import type { Store } from '../../src/seams/store.ts';

export interface OpenedStores {
  readonly store: Store;
  readonly rateLimiter: RateLimiter;
  /** The same database by another connection: what another node sees and does. */
  readonly other: { readonly store: Store; readonly rateLimiter: RateLimiter };
  close(): Promise<void>;
}

export type OpenStores = (clock: Clock) => Promise<OpenedStores>;

/** Starts `count` times at once, by turns on either connection. */
export const race = <Result>(
  count: number,
  { store, other }: OpenedStores,
  start: (store: Store, turn: number) => Promise<Result>,
): Promise<Result[]> =>
  Promise.all(Array.from({ length: count }, (_, turn) => start(turn % 2 === 0 ? store : other.store, turn)));

export const countTrue = (answers: readonly boolean[]): number => answers.filter(Boolean).length;
