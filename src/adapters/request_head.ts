// What Node's parser lets through in the head of a request, and HTTP does not. RFC 9112.
import type { IncomingMessage } from 'node:http';

/** What every common Host is made of. One that is not may still be good. */
export const isPlainHost = (host: string): boolean => /^[\w.:[\]-]*$/.test(host);

/** Of two, `headers` keeps the first without a word. */
const hasSecondHost = ({ rawHeaders }: IncomingMessage): boolean => {
  let seen = false;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (seen) return true;
    seen = true;
  }
  return false;
};

/**
 * @returns what to answer instead of serving it: 400 for a second Host (§3.2), or a body whose end is not told by chunks
 * (§6.3); 501 for a coding besides (§6.1).
 */
export const refusedStatus = (request: IncomingMessage): 400 | 501 | undefined => {
  if (hasSecondHost(request)) return 400;
  const coding = request.headers['transfer-encoding']?.toLowerCase();
  if (coding === undefined || coding === 'chunked') return undefined;
  return /,[ \t]*chunked$/.test(coding) ? 501 : 400;
};
