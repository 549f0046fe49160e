// Asks the issuer for a document it signed: bounded in time and in size, no redirect followed. What it says is for
// verifyDocument to judge.
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

const discard = (body: ReadableStream<Uint8Array> | null): void => {
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

/** @throws {Error} whatever went wrong. */
export const fetchSigned = async (request: SignedRequest): Promise<string> => {
  const { url, accept, timeoutSeconds, maxBytes } = request;
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  const response = await until(signal, request.fetch(url, { headers: { accept }, redirect: 'manual', signal }));
  if (response.status !== 200 || response.body === null) {
    discard(response.body);
    throw new FetchRefusal(`${url} answered with the status ${response.status}, expected 200.`);
  }
  return new TextDecoder().decode(await readBounded(response.body, maxBytes, signal));
};
