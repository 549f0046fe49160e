// Keys that are at hand: a set given once, or the issuer's own, read anew each time, when it runs in the same process.
import type { JsonObject } from './json_object.ts';
import { isJsonObject } from './json_object.ts';
import { emptyKeySet, type KeySet, keyOf, openKeySet } from './jwk_set.ts';
import type { KeySource } from './key_source.ts';
import { readPublicJwk } from './public_jwk.ts';
import { TokenError } from './token_error.ts';
import { type Awaitable, whenReady } from './when_ready.ts';

/** RFC 7517 §5. */
export interface JsonWebKeySet {
  readonly keys: readonly unknown[];
}

const usableKeys = (set: JsonWebKeySet): number =>
  isJsonObject(set) && Array.isArray((set as JsonObject).keys)
    ? set.keys.filter((jwk) => !('because' in readPublicJwk(jwk))).length
    : 0;

const unreadable = (error: unknown): TokenError =>
  new TokenError('keys_unavailable', `The issuer's key set cannot be read. ${(error as Error).message}`, {
    cause: error,
  });

/**
 * The key set of an issuer in the same process: whatever it publishes counts at once.
 *
 * @param read - gives the set's JSON text, from memory; the same string as long as nothing changed.
 */
export const keysFromIssuer = (read: () => string): KeySource => {
  let text: string | undefined;
  let opened: KeySet | undefined;
  let opening: Promise<KeySet> = Promise.resolve(emptyKeySet);
  const current = (): Awaitable<KeySet> => {
    const published = read();
    if (published !== text) {
      const before = opened;
      text = published;
      opened = undefined;
      opening = openKeySet(published, before).then(
        (keySet) => {
          if (text === published) opened = keySet;
          return keySet;
        },
        (error) => {
          throw unreadable(error);
        },
      );
    }
    return opened ?? opening;
  };
  return {
    find: (kid) => whenReady(current(), (keySet) => keyOf(kid, keySet)),
    ready: async () => {
      await current();
    },
  };
};

/**
 * A key set that never changes: for tests, and for services that get a new one with each deployment.
 *
 * @throws {TypeError} when no key in it can verify anything.
 */
export const keysFromSet = (set: JsonWebKeySet): KeySource => {
  if (usableKeys(set) === 0)
    throw new TypeError(
      'The key set has no key to verify with. Expected {"keys": [...]} with a public EC P-256 or RSA key that has a kid.',
    );
  const text = JSON.stringify(set);
  return keysFromIssuer(() => text);
};
