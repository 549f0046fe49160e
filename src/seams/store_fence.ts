// When a store may take no more writes until the process starts again.

export interface StoreFence {
  /** Why, in words for `/health/ready` and the log; undefined while it takes writes. */
  reason(): string | undefined;
  /** Resolves with the reason, once. The entry ends the process then, so that its supervisor starts it again. */
  readonly fenced: Promise<string>;
}
