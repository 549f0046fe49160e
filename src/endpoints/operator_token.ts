// Whether a request has a token of the operator's: one that the configuration holds, and that opens metrics or the store.
import { hash, timingSafeEqual } from 'node:crypto';

const sha256 = (token: string): Uint8Array => hash('sha256', token, 'buffer');

/** Over hashes, so that neither a character nor the length shows in the time it takes. RFC 6750 §2.1. */
export const hasOperatorToken = (authorization: string | undefined, expected: string): boolean => {
  const [, shown = ''] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
  return timingSafeEqual(sha256(shown), sha256(expected));
};
