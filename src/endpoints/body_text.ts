// Reads the text of a body as it was sent. No content coding is undone: a small body would become a large one behind
// the limit. RFC 9110 §8.4.
import type { Context } from 'hono';
import { OAuthError } from '../errors.ts';

/** A byte order mark is text like any other. RFC 6749 appendix B, RFC 8259 §8.1. */
const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** Nothing but `identity`, in any case; empty elements of the list do not count. RFC 9110 §5.6.1, §8.4.1. */
const isUncoded = (contentEncoding: string): boolean =>
  contentEncoding.split(',').every((coding) => ['', 'identity'].includes(coding.trim().toLowerCase()));

/** How Node tells that the peer went away in mid-body, and workerd where the connection was reset, and where it ended. */
const cutOff: readonly string[] = [
  'aborted',
  "Can't read from request stream because client disconnected.",
  'Network connection lost.',
];

/** Nothing of ours failed where the peer went away, so it must not look as if. @throws {OAuthError} body_cut_off. */
export const wholeBody = async <Read>(reading: Promise<Read>): Promise<Read> => {
  try {
    return await reading;
  } catch (error) {
    throw cutOff.includes((error as Error).message) ? new OAuthError('body_cut_off', { cause: error }) : error;
  }
};

/** @throws {OAuthError} content_coding_unsupported, body_cut_off. */
export const readBodyText = async ({ req }: Context): Promise<string> => {
  if (!isUncoded(req.header('Content-Encoding') ?? '')) throw new OAuthError('content_coding_unsupported');
  return utf8.decode(await wholeBody(req.arrayBuffer()));
};
