// A key set at hand, until when it is good, and how it is kept where a restart does not lose it. RFC 9111 §4.2.
import type { NumericDate } from './claims.ts';
import { parseJsonObject } from './json_object.ts';
import { assertHasKey, type KeySet, openKeySet } from './jwk_set.ts';

/** A set as it was served, and when. */
export interface ServedKeySet {
  readonly text: string;
  readonly etag: string | undefined;
  /** When it was asked for. */
  readonly fetchedAt: NumericDate;
  readonly freshSeconds: number;
}

export interface HeldKeySet extends ServedKeySet {
  readonly keySet: KeySet;
  /** From now on it is asked for again, while it is used. */
  readonly refreshAt: NumericDate;
  /** From now on it is used only when asking again fails. */
  readonly freshUntil: NumericDate;
  /** From now on it is not used. */
  readonly usableUntil: NumericDate;
}

/** However short `max-age` is, a busy verifier does not ask more often. */
const leastFreshSeconds = 5;
/** Asked for again when this much of its time is over, so that nobody waits for it. */
const refreshAheadShare = 0.75;

export const holdKeySet = (served: ServedKeySet, keySet: KeySet, usableSeconds: number): HeldKeySet => {
  const { fetchedAt } = served;
  const freshSeconds = Math.min(Math.max(served.freshSeconds, leastFreshSeconds), usableSeconds);
  return {
    ...served,
    keySet,
    refreshAt: fetchedAt + freshSeconds * refreshAheadShare,
    freshUntil: fetchedAt + freshSeconds,
    usableUntil: fetchedAt + usableSeconds,
  };
};

/** A clock that was set back makes a set of the future: it counts as old, not as young. */
export const isFresh = (held: HeldKeySet, now: NumericDate): boolean => held.fetchedAt <= now && now < held.freshUntil;

export const isUsable = (held: HeldKeySet, now: NumericDate): boolean => now < held.usableUntil;

export const keptText = (url: string, { text, etag, fetchedAt, freshSeconds }: ServedKeySet): string =>
  JSON.stringify({ url, fetchedAt, freshSeconds, ...(etag !== undefined && { etag }), text });

/** @returns undefined when it is not what `keptText` wrote for this URL, or lies in the future. */
const readKept = (kept: string, url: string, now: NumericDate): ServedKeySet | undefined => {
  const record = parseJsonObject(kept);
  if (record === undefined || record.url !== url) return undefined;
  const { text, etag, fetchedAt, freshSeconds } = record;
  if (typeof text !== 'string' || typeof fetchedAt !== 'number' || typeof freshSeconds !== 'number') return undefined;
  if (fetchedAt > now) return undefined;
  return { text, etag: typeof etag === 'string' ? etag : undefined, fetchedAt, freshSeconds };
};

/** @returns the set that was kept for this URL, while it is usable. */
export const restoreKeySet = async (
  kept: string,
  url: string,
  usableSeconds: number,
  now: NumericDate,
): Promise<HeldKeySet | undefined> => {
  const served = readKept(kept, url, now);
  if (served === undefined) return undefined;
  const keySet = await openKeySet(served.text);
  assertHasKey(keySet);
  const held = holdKeySet(served, keySet, usableSeconds);
  return isUsable(held, now) ? held : undefined;
};
