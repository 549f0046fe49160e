/** One request, from when its head was read until its answer was sent. */
export interface RequestSpan {
  /** Runs what serves the request: the calls it makes are told of below it. */
  run<Result>(work: () => Result): Result;
  /** @param endpoint - of a closed set, as metrics have it. @param status - as sent; `aborted` when the peer went away. */
  end(endpoint: string, status: number | 'aborted'): void;
}

/** Tells what a request was spent on. Nothing that is sent goes in but the method, where it is a usual one, and the trace's own ids. */
export interface Tracer {
  /** @param traceparent - the header, and `tracestate` its companion. @see W3C Trace Context https://www.w3.org/TR/trace-context/ */
  beginRequest(
    method: string | undefined,
    requestId: string,
    traceparent: string | undefined,
    tracestate: string | undefined,
  ): RequestSpan;
  /** A call of the store, below the request that is being served; outside of one it is only made. */
  storeCall<Result>(verb: string, call: () => Promise<Result>): Promise<Result>;
  /** Sends what is left, for a bounded time. */
  close(): Promise<void>;
}
