// The Status List Token: a signed JWT with one bit for each token of a list. Token Status List (draft 17) §5.1.
import type { Provider } from '../provider.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { ViewedList } from '../status_lists/revocation_view.ts';
import { signJwt } from './jws.ts';

/** An unchanged list is signed anew after a sixth of its `ttl`, so that its `iat` says that it is still true. */
const signingsInTtl = 6;
/** `exp`, in times of `ttl`: how long it may be kept by who cannot get a newer one. */
const lifetimes = 10;

/** A list as it was signed. */
export interface SignedList {
  readonly token: string;
  /** Its `iat`. */
  readonly asOf: NumericDate;
}

interface Signed extends SignedList {
  readonly version: number;
  /** BASE64URL(ZLIB(bits)), for as long as the bits do not change. */
  readonly lst: string;
  /** The key that signed it. */
  readonly kid: string;
}

export const statusListUri = (issuer: string, listId: string): string => `${issuer}/status-lists/${listId}`;

export interface StatusListTokens {
  /** @returns the list as of the view's last reading, or of one a little before; undefined when there is no such list. @throws {OAuthError} signing_unavailable. */
  signedListOf(listId: string): Promise<SignedList | undefined>;
}

type Parts = Pick<Provider, 'revocations' | 'keyRing' | 'config' | 'deflate'>;

const sign = async (
  { record, version }: ViewedList,
  lst: string,
  asOf: number,
  { keyRing, config }: Parts,
): Promise<Signed> => {
  const { signer, longestTokenSeconds } = keyRing.activeSigner('ES256');
  const { issuer, statusListTtlSeconds: ttl } = config;
  const claims = {
    iss: issuer,
    sub: statusListUri(issuer, record.listId),
    iat: asOf,
    exp: asOf + Math.min(ttl * lifetimes, longestTokenSeconds),
    ttl,
    status_list: { bits: 1, lst, aggregation_uri: `${issuer}/status-lists` },
  };
  return { version, asOf, lst, kid: signer.kid, token: await signJwt('statuslist+jwt', claims, signer) };
};

/** Keeps each list as it was last signed. While the database is down the view does not change, and neither does this. */
export const createStatusListTokens = (parts: Parts): StatusListTokens => {
  const { revocations, deflate, config, keyRing } = parts;
  const signAgainSeconds = Math.max(1, Math.floor(config.statusListTtlSeconds / signingsInTtl));
  const signed = new Map<string, Signed>();
  const signing = new Map<string, Promise<Signed>>();

  /** Verifiers that have the newest key set take nothing that a revoked key signed. */
  const isRevoked = (kid: string): boolean => keyRing.keys.some((key) => key.kid === kid && key.revokedAt !== null);

  const isGood = (made: Signed, { version }: ViewedList, asOf: number): boolean =>
    made.version === version && asOf < made.asOf + signAgainSeconds && !isRevoked(made.kid);

  const signAgain = async (list: ViewedList, asOf: number, before: Signed | undefined): Promise<Signed> => {
    const { listId } = list.record;
    const lst =
      before?.version === list.version
        ? before.lst
        : // The copy is of this version: the bits themselves go on changing.
          Buffer.from(await deflate(list.bits.slice())).toString('base64url');
    const made = await sign(list, lst, asOf, parts);
    signed.set(listId, made);
    for (const known of signed.keys()) if (revocations.list(known) === undefined) signed.delete(known);
    return made;
  };

  return {
    signedListOf: async (listId) => {
      const [list, asOf] = [revocations.list(listId), revocations.asOf];
      if (list === undefined || asOf === undefined) return undefined;
      const before = signed.get(listId);
      if (before !== undefined && isGood(before, list, asOf)) return before;
      const begun = signing.get(listId) ?? signAgain(list, asOf, before).finally(() => signing.delete(listId));
      signing.set(listId, begun);
      return begun;
    },
  };
};
