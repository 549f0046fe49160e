// Forms come from our own pages in this browser: a token derived from the browser's cookie, and the browser's own word
// on where the request began. OWASP Cross-Site Request Forgery Prevention; Fetch Metadata.
import { hash, timingSafeEqual } from 'node:crypto';
import { OAuthError } from '../errors.ts';

/** The hidden field of every form: whoever cannot read the cookie cannot make it. */
export const csrfTokenOf = (browser: string): string => hash('sha256', `csrf.${browser}`, 'base64url');

export interface FormOrigin {
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
}

/** Whether two texts are the same, in the same time wherever they part. Their bytes are counted: what a form says may be any text. */
export const isSameText = (left: string, right: string): boolean => {
  const [one, other] = [Buffer.from(left), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
};

/** @throws {OAuthError} request_forged. */
export const assertOwnForm = (
  csrf: string | undefined,
  browser: string | undefined,
  { origin, secFetchSite }: FormOrigin,
  issuer: string,
): void => {
  const foreignSite = secFetchSite !== undefined && secFetchSite !== 'same-origin' && secFetchSite !== 'none';
  // Under our own Referrer-Policy, no-referrer, browsers send our forms with `Origin: null`. Fetch Standard §3.2.
  const foreignOrigin = origin !== undefined && origin !== 'null' && origin !== new URL(issuer).origin;
  if (foreignSite || foreignOrigin) throw new OAuthError('request_forged');
  if (browser === undefined || csrf === undefined || !isSameText(csrf, csrfTokenOf(browser)))
    throw new OAuthError('request_forged');
};
