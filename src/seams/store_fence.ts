// When a store may take no more writes until the process starts again.

export interface StoreFence {
  /** Why, in words for `/health/ready`, which tells nothing of the software; undefined while it takes writes. */
  reason(): string | undefined;
  /** Resolves with the reason and what the database said, once, for the log. The entry ends the process then, so that its supervisor starts it again. */
  readonly fenced: Promise<string>;
}
