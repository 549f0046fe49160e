/** Requests to addresses that others named. Bounded in time and size; only public addresses, checked after resolving (or loopback, on a loopback issuer). */
export interface OutboundHttp {
  /** How many may be under way at once, with the time each has. */
  readonly mostAtOnce: number;
  /** @returns the status code; redirects are not followed. @throws {OutboundRefusedError} when the target may not be asked. */
  postForm(url: string, form: Readonly<Record<string, string>>): Promise<number>;
}

export class OutboundRefusedError extends Error {
  override name = 'OutboundRefusedError';
}
