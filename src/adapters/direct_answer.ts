// Answers one URL from memory on the bare node:http response: no Request, no Response, no routing. Whatever is not plainly
// the common case goes the common way. RFC 9110 §9.3.1.
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A GET of one URL, whose answer needs nothing of the request but two headers. */
export interface DirectDocument {
  /** What its requests are counted as. */
  readonly endpoint: string;
  readonly path: string;
  /** @returns undefined when the common way is to answer. */
  answer(ifNoneMatch: string | undefined, userAgent: string | undefined): DirectAnswer | undefined;
}

export interface DirectAnswer {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: string | null;
  /** Of the body: `latin1`, where it is ASCII, is written at a fraction of the cost. */
  readonly encoding: 'latin1' | 'utf8';
}

const bodyHeaders = ['content-length', 'transfer-encoding'];
const readHeaders = ['if-none-match', 'user-agent'];
const lengths: ReadonlySet<number> = new Set([...bodyHeaders, ...readHeaders].map((name) => name.length));

/** @returns undefined when the request has a body, or one of the two headers twice. */
const headersRead = ({ rawHeaders }: IncomingMessage): readonly (string | undefined)[] | undefined => {
  let [ifNoneMatch, userAgent]: (string | undefined)[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (!lengths.has(name.length)) continue;
    const lowerCase = name.toLowerCase();
    if (bodyHeaders.includes(lowerCase)) return undefined;
    if (lowerCase === 'if-none-match' && ifNoneMatch !== undefined) return undefined;
    if (lowerCase === 'user-agent' && userAgent !== undefined) return undefined;
    if (lowerCase === 'if-none-match') ifNoneMatch = rawHeaders[at + 1];
    if (lowerCase === 'user-agent') userAgent = rawHeaders[at + 1];
  }
  return [ifNoneMatch, userAgent];
};

/** @returns whether the request was answered. */
export const answerDirectly = (
  document: DirectDocument,
  request: IncomingMessage,
  response: ServerResponse,
  served: { readonly requestId: string; endpoint: string },
): boolean => {
  if (request.url !== document.path || request.method !== 'GET') return false;
  const read = headersRead(request);
  const answer = read && document.answer(read[0], read[1]);
  if (answer === undefined) return false;
  served.endpoint = document.endpoint;
  response.writeHead(answer.status, ['X-Request-Id', served.requestId, ...answer.headers]);
  response.end(answer.body, answer.encoding);
  return true;
};
