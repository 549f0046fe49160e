// A JWK Set as the verifier holds it, RFC 7517 §5: what it cannot use is skipped, and a kid that names two keys names none.
import { isJsonObject, parseJsonObject } from './json_object.ts';
import { type PublicJwk, readPublicJwk, type UnusableJwk } from './public_jwk.ts';
import { quoted } from './quoted.ts';
import { TokenError } from './token_error.ts';
import { openVerificationKey, type VerificationKey } from './verification_key.ts';

interface OpenedKey {
  readonly key: VerificationKey;
  /** Tells whether a kid has the same key in another set. */
  readonly fingerprint: string;
}

export interface KeySet {
  readonly keys: ReadonlyMap<string, OpenedKey>;
  /** Why a kid of the set cannot be used. */
  readonly unusable: ReadonlyMap<string, string>;
}

/** The set itself is not one; its message is for the operator. */
export class KeySetError extends Error {
  override readonly name = 'KeySetError';
}

export const emptyKeySet: KeySet = { keys: new Map(), unusable: new Map() };

/** @throws {KeySetError} */
const membersOf = (text: string): readonly unknown[] => {
  const set = parseJsonObject(text);
  if (!Array.isArray(set?.keys)) throw new KeySetError('It is not a JWK Set: expected {"keys": [...]}.');
  return set.keys;
};

const kidOf = (jwk: unknown): string | undefined =>
  isJsonObject(jwk) && typeof jwk.kid === 'string' ? jwk.kid : undefined;

const isUsable = (jwk: PublicJwk | UnusableJwk): jwk is PublicJwk => !('because' in jwk);

/** By kid, what its one entry is; entries that are equal count as one, different ones make the kid unusable. */
const readMembers = (members: readonly unknown[]): ReadonlyMap<string, PublicJwk | UnusableJwk> => {
  const read = new Map<string, { readonly text: string; readonly jwk: PublicJwk | UnusableJwk }>();
  for (const member of members) {
    const kid = kidOf(member);
    if (kid === undefined) continue;
    const text = JSON.stringify(member);
    const before = read.get(kid);
    const jwk = before !== undefined && before.text !== text ? { because: 'two keys have it' } : readPublicJwk(member);
    if (before === undefined || isUsable(before.jwk)) read.set(kid, { text, jwk });
  }
  return new Map([...read].map(([kid, { jwk }]) => [kid, jwk]));
};

/**
 * @param text - the set as served.
 * @param before - the set this one replaces: a key in both stays the same object.
 * @throws {KeySetError} when it is no JWK Set at all.
 */
export const openKeySet = async (text: string, before: KeySet = emptyKeySet): Promise<KeySet> => {
  const keys = new Map<string, OpenedKey>();
  const unusable = new Map<string, string>();
  for (const [kid, jwk] of readMembers(membersOf(text))) {
    if (!isUsable(jwk)) {
      unusable.set(kid, jwk.because);
      continue;
    }
    const fingerprint = JSON.stringify(jwk);
    const held = before.keys.get(kid);
    try {
      keys.set(kid, held?.fingerprint === fingerprint ? held : { key: await openVerificationKey(jwk), fingerprint });
    } catch {
      unusable.set(kid, 'it is not a point on the curve, or not a key');
    }
  }
  return { keys, unusable };
};

/**
 * An issuer that revokes its only key publishes another in its place, so a set without a key is a mishap, never news.
 *
 * @throws {KeySetError}
 */
export const assertHasKey = ({ keys, unusable }: KeySet): void => {
  if (keys.size > 0) return;
  const [because] = unusable.values();
  throw new KeySetError(`It has no key to verify with${because === undefined ? '' : ` (of one: ${because})`}.`);
};

export const unknownKey = (kid: string, { unusable }: KeySet): TokenError => {
  const because = unusable.get(kid);
  return new TokenError(
    'key_unknown',
    because === undefined
      ? `The issuer's key set has no key with the kid ${quoted(kid)}: another issuer signed it, or the key was revoked or removed.`
      : `The key ${quoted(kid)} of the issuer's set cannot be used: ${because}.`,
  );
};

/** @throws {TokenError} key_unknown */
export const keyOf = (kid: string, keySet: KeySet): VerificationKey => {
  const opened = keySet.keys.get(kid);
  if (opened === undefined) throw unknownKey(kid, keySet);
  return opened.key;
};
