/** Seconds since 1970-01-01T00:00:00Z, whole here. @see RFC 7519 §2 https://www.rfc-editor.org/rfc/rfc7519#section-2 */
export type NumericDate = number;

/** The only source of time. Adapters and entries alone may read the machine's. */
export interface Clock {
  now(): NumericDate;
  /** Seconds (fractional) that never step back and do not follow the wall clock; only differences mean anything. */
  monotonicSeconds(): number;
}
