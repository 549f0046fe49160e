// Proof Key for Code Exchange, S256 alone. RFC 7636.
import { createHash, timingSafeEqual } from 'node:crypto';

const unreserved = /^[A-Za-z0-9\-._~]{43,128}$/;

/**
 * Whether a verifier answers a challenge. A verifier without a challenge, and a challenge without a verifier, do not.
 *
 * @see RFC 7636 §4.6 https://www.rfc-editor.org/rfc/rfc7636#section-4.6
 */
export const answersChallenge = (verifier: string | undefined, challenge: string | null): boolean => {
  if (verifier === undefined || challenge === null) return verifier === undefined && challenge === null;
  if (!unreserved.test(verifier)) return false;
  const computed = createHash('sha256').update(verifier).digest();
  return timingSafeEqual(computed, Buffer.from(challenge, 'base64url'));
};
