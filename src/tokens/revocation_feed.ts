// The revocation feed: signed pages of marks, each from a cursor on. Ours; docs/revocation.md describes the format.
import type { Provider } from '../provider.ts';
import type { RevocationMark } from '../seams/revocation_store.ts';
import { markHash } from '../status_lists/mark_hash.ts';
import { signJwt } from './jws.ts';

const mostMarks = 2000;
const pageSeconds = 60;
const keptPages = 64;
/** The cursor before everything. */
export const feedStart = '0';

export interface FeedPage {
  readonly token: string;
  /** Where the next page begins. */
  readonly cursor: string;
  /** Whether there are marks after this page already. */
  readonly more: boolean;
}

export interface RevocationFeed {
  /**
   * @param cursor - of an earlier page; one that is unknown, or too old, gets everything there is.
   * @returns undefined before the first reading. @throws {OAuthError} signing_unavailable.
   */
  pageAfter(cursor: string): Promise<FeedPage | undefined>;
}

type Parts = Pick<Provider, 'revocations' | 'keyRing' | 'config'>;

/** Where what comes after a mark begins. */
export const cursorOf = ({ id, nonce }: RevocationMark): string => `${id}-${nonce}`;

/** @returns where the marks after the cursor begin; -1 when it is of none there is. */
const positionAfter = (marks: readonly RevocationMark[], cursor: string): number => {
  const id = Number.parseInt(cursor, 10);
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((marks[middle]?.id ?? 0) < id) low = middle + 1;
    else high = middle;
  }
  const found = marks[low];
  return found !== undefined && cursorOf(found) === cursor ? low + 1 : -1;
};

export const createRevocationFeed = ({ revocations, keyRing, config }: Parts): RevocationFeed => {
  const { issuer } = config;
  let pages = new Map<string, Promise<FeedPage>>();
  let pagesAsOf: number | undefined;

  const written = ({ kind, value, notBefore, markedAt }: RevocationMark) => ({
    [kind]: markHash(issuer, kind, value),
    ...(notBefore !== null && { not_before: notBefore }),
    exp: Math.max(markedAt, notBefore ?? 0) + revocations.retentionSeconds(),
  });

  const sign = async (marks: readonly RevocationMark[], position: number, asOf: number): Promise<FeedPage> => {
    const from = Math.max(position, 0);
    const before = marks[position - 1];
    const since = before && cursorOf(before);
    const shown = marks.slice(from, from + mostMarks);
    const last = shown.at(-1) ?? marks[from - 1];
    const next = last === undefined ? feedStart : cursorOf(last);
    const more = from + shown.length < marks.length;
    const claims = {
      iss: issuer,
      iat: asOf,
      exp: asOf + pageSeconds,
      cursor: next,
      // Whoever follows sees that nothing lies between this page and the one before.
      ...(since !== undefined && { since }),
      ...(more && { more }),
      marks: shown.map(written),
    };
    const token = await signJwt('revocation-feed+jwt', claims, keyRing.activeSigner('ES256').signer);
    return { token, cursor: next, more };
  };

  return {
    pageAfter: async (cursor) => {
      const { asOf } = revocations;
      if (asOf === undefined) return undefined;
      const marks = revocations.marks();
      const position = positionAfter(marks, cursor);
      // Verifiers that are up to date all ask for the same page, and those that know nothing too.
      const key = `${position} ${marks.at(-1)?.id ?? 0}`;
      if (pagesAsOf !== asOf || pages.size >= keptPages) pages = new Map();
      pagesAsOf = asOf;
      const page = pages.get(key) ?? sign(marks, position, asOf);
      pages.set(key, page);
      page.catch(() => pages.delete(key));
      return page;
    },
  };
};
