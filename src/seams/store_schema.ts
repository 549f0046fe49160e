// Where somebody else makes the store's tables, and may not have done so yet.

export interface StoreSchema {
  /**
   * What is missing and what to run, in words for `/health/ready` and the log.
   *
   * @returns undefined once nothing is, which is not asked for again.
   * @throws {StoreUnavailableError} when the store does not say.
   */
  lack(): Promise<string | undefined>;
}
