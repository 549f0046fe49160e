// A public, cacheable JSON document: strong ETag, 304, HEAD by GET, CORS for everyone. RFC 9110 §13.1.2, RFC 9111.
import type { Context } from 'hono';
import type { Handler, Methods } from './endpoint.ts';

export interface PublicDocument {
  readonly body: string;
  readonly etag: string;
}

/** If-None-Match uses the weak comparison, RFC 9110 §13.1.2. */
const matches = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch?.split(',').some((candidate) => {
    const tag = candidate.trim();
    return tag === '*' || tag === etag || tag === `W/${etag}`;
  }) ?? false;

/** Answers with a document, or with 304 who has it already. */
export const answerDocument = (
  context: Context,
  { body, etag }: PublicDocument,
  contentType: string,
  maxAgeSeconds: number,
): Response => {
  const headers = {
    'Cache-Control': `public, max-age=${maxAgeSeconds}`,
    ETag: etag,
    'Access-Control-Allow-Origin': '*',
  };
  if (matches(context.req.header('If-None-Match'), etag)) return context.body(null, 304, headers);
  return context.body(body, 200, { ...headers, 'Content-Type': contentType });
};

/** Lets pages of every origin ask for a public document. Fetch Standard §3.2 (CORS). */
export const publicOptions: Handler = (context) =>
  context.body(null, 204, {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
    'Access-Control-Allow-Headers': 'If-None-Match, Cache-Control',
    'Access-Control-Max-Age': '86400',
  });

/**
 * @param read - gives the document as it is now, from memory.
 * @param maxAgeSeconds - `max-age` of the response.
 */
export const publicDocument = (read: () => PublicDocument, contentType: string, maxAgeSeconds: number): Methods => ({
  GET: (context) => answerDocument(context, read(), contentType, maxAgeSeconds),
  OPTIONS: publicOptions,
});
