// A public, cacheable JSON document: strong ETag, 304, HEAD by GET, CORS for everyone. RFC 9110 §13.1.2, RFC 9111.
import { preflight } from './cross_origin.ts';
import type { Handler, PlainAnswer } from './endpoint.ts';

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

/** Both answers a document can give, made once. */
interface MadeAnswers {
  readonly document: PublicDocument;
  readonly whole: PlainAnswer;
  readonly unchanged: PlainAnswer;
}

/**
 * @param read - gives the document as it is now, from memory: the same object until it changes.
 * @param maxAgeSeconds - `max-age` of the response.
 */
export const publicDocument = (
  read: () => PublicDocument,
  contentType: string,
  maxAgeSeconds: number,
): Readonly<Record<'GET' | 'OPTIONS', Handler>> => {
  const make = (document: PublicDocument): MadeAnswers => {
    const plainHeaders = {
      'Cache-Control': `public, max-age=${maxAgeSeconds}`,
      ETag: document.etag,
      'Access-Control-Allow-Origin': '*',
    };
    return {
      document,
      whole: {
        status: 200,
        plainHeaders: { ...plainHeaders, 'Content-Type': contentType },
        body: document.body,
      },
      unchanged: { status: 304, plainHeaders, body: null },
    };
  };
  let made: MadeAnswers | undefined;
  return {
    GET: (context) => {
      const document = read();
      if (made?.document !== document) made = make(document);
      return matches(context.req.header('If-None-Match'), document.etag) ? made.unchanged : made.whole;
    },
    OPTIONS: preflight('GET, HEAD, OPTIONS', 'If-None-Match, Cache-Control'),
  };
};
