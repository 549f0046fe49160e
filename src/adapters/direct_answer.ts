// Answers one URL from memory on the bare node:http response: no Request, no Response, no routing. Whatever is not plainly
// the common case goes the common way. RFC 9110 §9.3.1.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isPlainHost } from './request_head.ts';

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
const nothingRead = { host: undefined, 'if-none-match': undefined, 'user-agent': undefined };
type HeadersRead = Record<keyof typeof nothingRead, string | undefined>;
const isRead = (name: string): name is keyof typeof nothingRead => Object.hasOwn(nothingRead, name);
const lengths: ReadonlySet<number> = new Set([...bodyHeaders, ...Object.keys(nothingRead)].map((name) => name.length));

/** @returns undefined when the request has a body, or one of the headers read twice. */
const headersRead = ({ rawHeaders }: IncomingMessage): HeadersRead | undefined => {
  const read: HeadersRead = { ...nothingRead };
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (!lengths.has(name.length)) continue;
    const lowerCase = name.toLowerCase();
    if (bodyHeaders.includes(lowerCase)) return undefined;
    if (!isRead(lowerCase)) continue;
    if (read[lowerCase] !== undefined) return undefined;
    read[lowerCase] = rawHeaders[at + 1];
  }
  return read;
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
  const host = read?.host ?? (request.httpVersion === '1.0' ? '' : undefined);
  if (read === undefined || host === undefined || !isPlainHost(host)) return false;
  const answer = document.answer(read['if-none-match'], read['user-agent']);
  if (answer === undefined) return false;
  served.endpoint = document.endpoint;
  response.writeHead(answer.status, ['X-Request-Id', served.requestId, ...answer.headers]);
  response.end(answer.body, answer.encoding);
  return true;
};
