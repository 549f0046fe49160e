// What Node's parser lets through in the head of a request, and HTTP does not. RFC 9112.
import type { IncomingMessage } from 'node:http';

/** What every common Host is made of. One that is not may still be good. */
export const isPlainHost = (host: string): boolean => /^[\w.:[\]-]*$/.test(host);

/** What ends in a number is an IPv4 address to an URL, or none. WHATWG URL §3.5. */
const endsInNumber = /(?:^|\.)(?:\d+|0x[\da-f]*)\.?(?::\d*)?$/i;
const isNoAddress = (host: string): boolean => endsInNumber.test(host) && !URL.canParse(`http://${host}`);

/** Of a header by its lower-case name. The raw ones are looked through: Node makes an object of them for who asks. */
const valuesOf = (rawHeaders: readonly string[], sought: string): readonly string[] => {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === sought.length && name.toLowerCase() === sought) values.push(rawHeaders[at + 1] as string);
  }
  return values;
};

/**
 * @returns what to answer instead of serving it: 400 for a second Host, one that no URL may have, and none in HTTP/1.1 (§3.2), and for
 * a body whose end is not told by chunks or that another version than HTTP/1.1 has in chunks (§6.3, §6.1); 501 for a coding
 * besides (§6.1).
 */
export const refusedStatus = ({ rawHeaders, httpVersion }: IncomingMessage): 400 | 501 | undefined => {
  const [host, second] = valuesOf(rawHeaders, 'host');
  if (second !== undefined || (host === undefined ? httpVersion === '1.1' : isNoAddress(host))) return 400;
  const coding = valuesOf(rawHeaders, 'transfer-encoding').join(', ').toLowerCase();
  if (coding === '') return undefined;
  if (httpVersion !== '1.1') return 400;
  if (coding === 'chunked') return undefined;
  return /,[ \t]*chunked$/.test(coding) ? 501 : 400;
};
