/** So many at once, and then one every so often (GCRA). */
export interface RateLimit {
  readonly burst: number;
  readonly emissionSeconds: number;
}

export interface RateLimiter {
  /**
   * Takes one from the allowance of `key`.
   *
   * @returns seconds to wait before the next would be allowed; 0 when this one is.
   */
  take(key: string, limit: RateLimit): Promise<number>;
  /** Gives the allowance back whole, as after a sign-in that succeeded. */
  reset(key: string): Promise<void>;
}
