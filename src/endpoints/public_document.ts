// A public, cacheable document: strong ETag, 304, HEAD by GET, CORS for everyone. RFC 9110 §13.1.2, RFC 9111.
import { hash } from 'node:crypto';
import type { Context } from 'hono';
import { preflight } from './cross_origin.ts';
import type { Handler, PlainAnswer } from './endpoint.ts';

/** A plain answer with its headers in one list, names and values in turn. */
export interface DirectAnswer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string | null;
  readonly encoding: 'latin1' | 'utf8';
}

export interface PublicDocument {
  readonly body: string;
  readonly etag: string;
}

export const documentOf = (body: string): PublicDocument => ({ body, etag: `"${hash('sha256', body, 'base64url')}"` });

/** If-None-Match uses the weak comparison, RFC 9110 §13.1.2. */
const matches = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch?.split(',').some((candidate) => {
    const tag = candidate.trim();
    return tag === '*' || tag === etag || tag === `W/${etag}`;
  }) ?? false;

/** Both answers a document can give. */
interface Answers {
  readonly whole: PlainAnswer;
  readonly unchanged: PlainAnswer;
}

const answersOf = ({ body, etag }: PublicDocument, contentType: string, maxAgeSeconds: number): Answers => {
  const plainHeaders = {
    'Cache-Control': `public, max-age=${maxAgeSeconds}`,
    ETag: etag,
    'Access-Control-Allow-Origin': '*',
  };
  return {
    whole: { status: 200, plainHeaders: { ...plainHeaders, 'Content-Type': contentType }, body },
    unchanged: { status: 304, plainHeaders, body: null },
  };
};

/** As `publicDocument` answers a GET, for servers that need no Response: names and values in turn. */
export const directAnswers = (
  contentType: string,
  maxAgeSeconds: number,
  fixed: Readonly<Record<string, string>>,
): ((document: PublicDocument, ifNoneMatch: string | undefined) => DirectAnswer) => {
  const direct = ({ status, plainHeaders, body }: PlainAnswer): DirectAnswer => {
    const bytes = Buffer.byteLength(body ?? '');
    const length = body === null ? {} : { 'Content-Length': `${bytes}` };
    const headers = Object.entries({ ...fixed, ...plainHeaders, ...length }).flat();
    return { status, headers, body, encoding: bytes === body?.length ? 'latin1' : 'utf8' };
  };
  let made: { readonly document: PublicDocument; readonly whole: DirectAnswer; readonly unchanged: DirectAnswer };
  return (document, ifNoneMatch) => {
    if (made?.document !== document) {
      const { whole, unchanged } = answersOf(document, contentType, maxAgeSeconds);
      made = { document, whole: direct(whole), unchanged: direct(unchanged) };
    }
    return matches(ifNoneMatch, document.etag) ? made.unchanged : made.whole;
  };
};

const choose = ({ whole, unchanged }: Answers, { etag }: PublicDocument, context: Context): PlainAnswer =>
  matches(context.req.header('If-None-Match'), etag) ? unchanged : whole;

/** Answers with a document, or with 304 who has it already. */
export const answerDocument = (
  context: Context,
  body: string,
  contentType: string,
  maxAgeSeconds: number,
): PlainAnswer => {
  const document = documentOf(body);
  return choose(answersOf(document, contentType, maxAgeSeconds), document, context);
};

/** Lets pages of every origin ask for a public document. */
export const publicOptions: Handler = preflight('GET, HEAD, OPTIONS');

/**
 * @param read - gives the document as it is now, from memory: the same object until it changes.
 * @param maxAgeSeconds - `max-age` of the response.
 */
export const publicDocument = (
  read: () => PublicDocument,
  contentType: string,
  maxAgeSeconds: number,
): Readonly<Record<'GET' | 'OPTIONS', Handler>> => {
  let made: { readonly document: PublicDocument; readonly answers: Answers } | undefined;
  return {
    GET: (context) => {
      const document = read();
      if (made?.document !== document) made = { document, answers: answersOf(document, contentType, maxAgeSeconds) };
      return choose(made.answers, document, context);
    },
    OPTIONS: publicOptions,
  };
};
