// The marks a feed told of: which claims of a token are looked at, and what a match means.
import { createBoundedMap } from './bounded_map.ts';
import type { NumericDate, VerifiedClaims } from './claims.ts';
import { isJsonObject } from './json_object.ts';
import { nameOf } from './remembered_tokens.ts';

/** `jti` last: it alone is new with every token, the others are remembered. */
const kinds = ['family_id', 'sid', 'sub', 'client_id', 'jti'] as const;
type Kind = (typeof kinds)[number];

interface Mark {
  /** Until when it is kept: no token it may be about is accepted after. */
  readonly exp: NumericDate;
  /** Tokens with a later `iat` are not meant. */
  readonly notBefore: NumericDate;
}

export interface RevocationMarks {
  /** @param written - as in a page. @returns false when it is no mark. */
  add(written: unknown): boolean;
  /** @returns whether one is about these claims; a promise where the runtime has only WebCrypto. */
  match(claims: VerifiedClaims): boolean | Promise<boolean>;
  forgetExpired(now: NumericDate): void;
  clear(): void;
  readonly size: number;
}

const hashCharacters = 22;
const mostRemembered = 10_000;

/** @see docs/revocation.md: SHA-256 of issuer, kind and value, the first 22 characters of base64url. */
export const createRevocationMarks = (issuer: () => string): RevocationMarks => {
  const marks: Readonly<Record<Kind, Map<string, Mark>>> = {
    family_id: new Map(),
    sid: new Map(),
    sub: new Map(),
    client_id: new Map(),
    jti: new Map(),
  };
  const hashes = createBoundedMap<string>(mostRemembered);

  const hashOf = (kind: Kind, value: string): string | Promise<string> => {
    const text = `keyturn revocation\n${issuer()}\n${kind}\n${value}`;
    const known = hashes.get(text);
    if (known !== undefined) return known;
    const keep = (name: string): string => {
      const hash = name.slice(0, hashCharacters);
      if (kind !== 'jti') hashes.set(text, hash);
      return hash;
    };
    const name = nameOf(text);
    return typeof name === 'string' ? keep(name) : name.then(keep);
  };

  const isMeant = (kind: Kind, hash: string, { iat }: VerifiedClaims): boolean =>
    iat <= (marks[kind].get(hash)?.notBefore ?? Number.NEGATIVE_INFINITY);

  const matchLater = async (pending: readonly (readonly [Kind, Promise<string>])[], claims: VerifiedClaims) => {
    for (const [kind, hash] of pending) if (isMeant(kind, await hash, claims)) return true;
    return false;
  };

  return {
    add: (written) => {
      if (!isJsonObject(written)) return false;
      const { exp, not_before: notBefore = Number.POSITIVE_INFINITY } = written;
      const kind = kinds.find((candidate) => typeof written[candidate] === 'string');
      if (typeof exp !== 'number' || typeof notBefore !== 'number') return false;
      // Kinds of a later version are passed over.
      if (kind === undefined) return true;
      const hash = String(written[kind]);
      const before = marks[kind].get(hash);
      marks[kind].set(hash, {
        exp: Math.max(exp, before?.exp ?? 0),
        notBefore: Math.max(notBefore, before?.notBefore ?? 0),
      });
      return true;
    },
    match: (claims) => {
      const pending: (readonly [Kind, Promise<string>])[] = [];
      for (const kind of kinds) {
        const value = claims[kind];
        if (marks[kind].size === 0 || typeof value !== 'string') continue;
        const hash = hashOf(kind, value);
        if (typeof hash !== 'string') pending.push([kind, hash]);
        else if (isMeant(kind, hash, claims)) return true;
      }
      return pending.length === 0 ? false : matchLater(pending, claims);
    },
    forgetExpired: (now) => {
      for (const kind of kinds) for (const [hash, { exp }] of marks[kind]) if (exp < now) marks[kind].delete(hash);
    },
    clear: () => {
      for (const kind of kinds) marks[kind].clear();
    },
    get size() {
      return kinds.reduce((size, kind) => size + marks[kind].size, 0);
    },
  };
};
