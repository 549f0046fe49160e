// The Host header of a request, as far as Node and its adapter leave it to us. RFC 9112 §3.2.
import type { IncomingMessage } from 'node:http';

/** What every common Host is made of. One that is not may still be good. */
export const isPlainHost = (host: string): boolean => /^[\w.:[\]-]*$/.test(host);

/** Of two, `headers` keeps the first without a word. */
export const hasSecondHost = ({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean => {
  let seen = false;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (seen) return true;
    seen = true;
  }
  return false;
};
