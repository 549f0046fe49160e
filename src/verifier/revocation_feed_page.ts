// A page of the issuer's revocation feed: its marks, where it begins and ends, and as of when.
import type { NumericDate } from './claims.ts';
import { FetchRefusal } from './fetch_signed.ts';

export interface RevocationFeedPage {
  readonly iat: NumericDate;
  readonly cursor: string;
  /** The cursor it begins after; undefined for a page from the beginning. */
  readonly since: string | undefined;
  readonly more: boolean;
  readonly marks: readonly unknown[];
}

/** @throws {FetchRefusal} */
export const readRevocationFeedPage = (claims: Readonly<Record<string, unknown>>): RevocationFeedPage => {
  const { iat, cursor, since, more, marks } = claims;
  if (typeof iat !== 'number' || typeof cursor !== 'string' || !Array.isArray(marks))
    throw new FetchRefusal('The page of the revocation feed has no iat, cursor or marks.');
  return { iat, cursor, since: typeof since === 'string' ? since : undefined, more: more === true, marks };
};
