// Asks the issuer for a document it signed: bounded in time and in size, no redirect followed. What it says is for
// verifyDocument to judge. The key set is read in the same way.
import { until } from './until.ts';

export interface SignedRequest {
  readonly url: string;
  readonly accept: string;
  readonly fetch: typeof globalThis.fetch;
  readonly timeoutSeconds: number;
  readonly maxBytes: number;
}

/** Why there was no document. */
export class FetchRefusal extends Error {
  override readonly name = 'FetchRefusal';
}

export const discard = ({ body }: Response): void => {
  body?.cancel().catch(() => undefined);
};

/**
 * Counts what comes out of any Content-Encoding, so that a small body cannot become a big one.
 *
 * @param signal - ends the reading.
 */
export const readBounded = async (
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> => {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await until(signal, reader.read());
      if (done) break;
      length += value.byteLength;
      if (length > maxBytes) throw new FetchRefusal(`It has more than ${maxBytes} bytes.`);
      chunks.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => undefined);
    throw error;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
};

export interface SignedAnswer {
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array>;
}

/** @throws {Error} whatever went wrong. */
export const askSigned = async (
  url: string,
  accept: string,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<SignedAnswer> => {
  const response = await until(signal, fetch(url, { headers: { accept }, redirect: 'manual', signal }));
  const { status, body, headers } = response;
  if (status === 200 && body !== null) return { headers, body };
  discard(response);
  throw new FetchRefusal(`${url} answered with the status ${status}, expected 200.`);
};

/** @throws {Error} whatever went wrong. */
export const fetchSigned = async ({ url, accept, fetch, timeoutSeconds, maxBytes }: SignedRequest): Promise<string> => {
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  const { body } = await askSigned(url, accept, fetch, signal);
  return new TextDecoder().decode(await readBounded(body, maxBytes, signal));
};
