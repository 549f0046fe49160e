// Asks for the key set, once: bounded in time and in size, no redirect followed, nothing but JSON taken. RFC 7517 §5.
import { freshSecondsOf } from './cache_control.ts';
import { discard, readBounded } from './fetch_signed.ts';
import { KeySetError } from './jwk_set.ts';
import { until } from './until.ts';

export interface FetchedKeySet {
  /** undefined: what was known under its ETag still stands. */
  readonly text: string | undefined;
  readonly etag: string | undefined;
  readonly freshSeconds: number;
}

export interface KeySetRequest {
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  readonly timeoutSeconds: number;
  readonly maxBytes: number;
  /** Of the set that is known; undefined when there is none. */
  readonly etag: string | undefined;
}

const accept = 'application/jwk-set+json, application/json';
const mediaTypes: readonly string[] = ['application/jwk-set+json', 'application/json'];
const mostEtagCharacters = 256;

const mediaTypeOf = (response: Response): string =>
  (response.headers.get('content-type') ?? '').split(';', 1).join().trim().toLowerCase();

/** @returns what is wrong with a response that may not be taken for a key set. */
const faultOf = (response: Response, maxBytes: number): string | undefined => {
  if (response.status !== 200) return `The answer has the status ${response.status}, expected 200.`;
  const mediaType = mediaTypeOf(response);
  if (!mediaTypes.includes(mediaType))
    return `Its media type is ${JSON.stringify(mediaType.slice(0, 80))}, expected ${mediaTypes.join(' or ')}.`;
  if (Number(response.headers.get('content-length') ?? 0) > maxBytes) return `It has more than ${maxBytes} bytes.`;
  return undefined;
};

/** Rejects with what went wrong, whatever it is. */
export const fetchKeySet = async (request: KeySetRequest): Promise<FetchedKeySet> => {
  const { url, timeoutSeconds, maxBytes, etag: known } = request;
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  const headers = { accept, ...(known !== undefined && { 'if-none-match': known }) };
  const response = await until(signal, request.fetch(url, { headers, redirect: 'manual', signal }));
  const freshSeconds = freshSecondsOf(response.headers);
  if (response.status === 304 && known !== undefined) {
    discard(response);
    return { text: undefined, etag: known, freshSeconds };
  }
  const fault = faultOf(response, maxBytes);
  if (fault !== undefined || response.body === null) {
    discard(response);
    throw new KeySetError(fault ?? 'It is empty.');
  }
  const etag = response.headers.get('etag') ?? undefined;
  return {
    text: new TextDecoder('utf-8', { fatal: true }).decode(await readBounded(response.body, maxBytes, signal)),
    etag: etag !== undefined && etag.length <= mostEtagCharacters ? etag : undefined,
    freshSeconds,
  };
};
