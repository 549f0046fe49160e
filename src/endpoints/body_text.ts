// Reads the text of a body as it was sent. No content coding is undone: a small body would become a large one behind
// the limit. RFC 9110 §8.4.
import type { Context } from 'hono';
import { OAuthError } from '../errors.ts';

/** A byte order mark is text like any other. RFC 6749 appendix B, RFC 8259 §8.1. */
const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** Nothing but `identity`, in any case; empty elements of the list do not count. RFC 9110 §5.6.1, §8.4.1. */
const isUncoded = (contentEncoding: string): boolean =>
  contentEncoding.split(',').every((coding) => ['', 'identity'].includes(coding.trim().toLowerCase()));

/** @throws {OAuthError} content_coding_unsupported. */
export const readBodyText = async ({ req }: Context): Promise<string> => {
  if (!isUncoded(req.header('Content-Encoding') ?? '')) throw new OAuthError('content_coding_unsupported');
  return utf8.decode(await req.arrayBuffer());
};
