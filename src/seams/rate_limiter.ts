/** So many at once, and then one every so often (GCRA). */
export interface RateLimit {
  readonly burst: number;
  readonly emissionSeconds: number;
}

/** What is counted under a key, and how much of it there is. */
export type Allowance = readonly [key: string, limit: RateLimit];

/** How many allowances one request takes from, at most. */
export const mostAllowances = 4;

export interface RateLimiter {
  /**
   * Takes one from each allowance in turn, as far as the first that is used up: of that one and of those after it nothing
   * is taken.
   *
   * @param allowances - at most mostAllowances, of different keys.
   * @returns seconds to wait before the one used up allows the next; 0 when all did.
   */
  take(...allowances: readonly Allowance[]): Promise<number>;
  /** Gives back one that was taken from each allowance. What has filled up since stays as it is. */
  giveBack(...allowances: readonly Allowance[]): Promise<void>;
  /** Gives allowances back whole, as after a sign-in that succeeded. */
  reset(...keys: readonly string[]): Promise<void>;
}

/** Counts the forms that an address posts, where the surroundings do that for us: an outer layer before the store's limits. */
export interface PostLimiter {
  /** @returns seconds to wait; 0 while the address may post. */
  take(address: string): Promise<number>;
}
