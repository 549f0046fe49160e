// Keeps the issuer's key set fresh: asks ahead of its expiry and in the background, once at a time however many wait, once
// in a while for kids nobody knows, and goes on with the last good set, for a bounded time, when asking fails.
import { createBoundedMap } from './bounded_map.ts';
import type { NumericDate } from './claims.ts';
import type { FetchedKeySet } from './fetch_key_set.ts';
import { type HeldKeySet, holdKeySet, isFresh, isUsable, type ServedKeySet } from './held_key_set.ts';
import { assertHasKey, emptyKeySet, keyOf, openKeySet } from './jwk_set.ts';
import type { KeySource } from './key_source.ts';
import { systemClock } from './runtime.ts';
import { TokenError } from './token_error.ts';

export interface KeySetCacheParts {
  /** Asks the issuer once. @param etag - of the set at hand. */
  ask(etag: string | undefined): Promise<FetchedKeySet>;
  /** What was kept over a restart; asked once, first. */
  restore(now: NumericDate): Promise<HeldKeySet | undefined>;
  /** Keeps a set over a restart. */
  keep(served: ServedKeySet): Promise<void>;
  /** Longer than an issuer is waited for. */
  readonly lateSeconds: number;
  readonly usableSeconds: number;
  readonly cooldownSeconds: number;
  /** Lets work go on when the request that began it is over. undefined where it cannot: then the request waits. */
  readonly inBackground: ((work: Promise<unknown>) => void) | undefined;
  /** Whether one request may wait for what another began. */
  readonly shareable: boolean;
  report(error: unknown): void;
}

/** A kid asked for in vain is not asked for again for so long. */
const inVainSeconds = 300;
const mostKidsInVain = 1000;
/** More than these do not wait for one answer: each holds its request, and forged tokens would be free to fill memory. */
const mostWaiting = 2000;
const longestRetrySeconds = 30;
/** After so long without an attempt an answer is waited for again, failing issuer or not. */
const idleSeconds = 60;

export const createKeySetCache = (parts: KeySetCacheParts): KeySource => {
  let held: HeldKeySet | undefined;
  let restoring: Promise<void> | undefined;
  let pending: Promise<void> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let failures = 0;
  /** undefined when the last answer was a good one. */
  let lastFailure: unknown;
  let waiting = 0;
  let turns = 0;
  /** The turn that brought what is held: where several ask at once, an answer that was overtaken is dropped. */
  let heldTurn = 0;
  const inVain = createBoundedMap<NumericDate>(mostKidsInVain);

  const hold = async (fetched: FetchedKeySet, fetchedAt: NumericDate, turn: number): Promise<void> => {
    const text = fetched.text ?? held?.text ?? '';
    const keySet = text === held?.text ? held.keySet : await openKeySet(text, held?.keySet);
    assertHasKey(keySet);
    if (turn < heldTurn) return;
    if (text !== held?.text) inVain.clear();
    heldTurn = turn;
    held = holdKeySet({ ...fetched, text, fetchedAt }, keySet, parts.usableSeconds);
    parts.keep(held).catch(parts.report);
  };

  const askOnce = async (now: NumericDate, turn: number): Promise<void> => {
    const began = systemClock.now();
    try {
      await hold(await parts.ask(held?.etag), now, turn);
      failures = 0;
      lastFailure = undefined;
    } catch (error) {
      // What ends so late stood still with its process, which says nothing of the issuer: who comes next waits for an answer.
      failures = systemClock.now() > began + parts.lateSeconds ? 0 : failures + 1;
      lastFailure = error;
      parts.report(error);
    }
  };

  /** Never rejects: whether it helped is seen by what is held. */
  const refresh = (now: NumericDate): Promise<void> => {
    if (pending !== undefined && parts.shareable) return pending;
    askedAt = now;
    turns += 1;
    const asking = askOnce(now, turns).finally(() => {
      if (pending === asking) pending = undefined;
    });
    pending = asking;
    return asking;
  };

  const sinceAsked = (now: NumericDate): number => (now < askedAt ? Number.POSITIVE_INFINITY : now - askedAt);

  const mayAsk = (now: NumericDate): boolean =>
    failures === 0 || sinceAsked(now) >= Math.min(2 ** failures, longestRetrySeconds);

  const waitFor = async (work: Promise<void>): Promise<void> => {
    if (waiting >= mostWaiting)
      throw new TokenError('keys_unavailable', `${waiting} requests wait for the issuer's key set; try again soon.`);
    waiting += 1;
    try {
      await work;
    } finally {
      waiting -= 1;
    }
  };

  const usable = (now: NumericDate): HeldKeySet => {
    if (held !== undefined && isUsable(held, now)) return held;
    const reason = lastFailure instanceof Error ? ` ${lastFailure.message}` : '';
    throw new TokenError(
      'keys_unavailable',
      `There is no key set to verify with: the issuer gave none, and none younger than ${parts.usableSeconds} s is at hand.${reason}`,
      { cause: lastFailure },
    );
  };

  const restoreOnce = (now: NumericDate): Promise<void> => {
    restoring ??= parts
      .restore(now)
      .then((restored) => {
        held ??= restored;
      })
      .catch(parts.report);
    return restoring;
  };

  /** Asks when it is time, and waits for the answer unless the last ones failed and there is a set to go on with. */
  const bringUpToDate = async (now: NumericDate): Promise<void> => {
    await waitFor(restoreOnce(now));
    if (held !== undefined && isFresh(held, now)) return;
    const mustWait = held === undefined || !isUsable(held, now) || failures === 0 || sinceAsked(now) > idleSeconds;
    const asking = mayAsk(now) ? refresh(now) : pending;
    if (asking === undefined) return;
    if (mustWait || parts.inBackground === undefined) await waitFor(asking);
    else parts.inBackground(asking);
  };

  const findUnknown = async (kid: string, now: NumericDate): Promise<ReturnType<typeof keyOf>> => {
    const askedInVain = (inVain.get(kid) ?? Number.NEGATIVE_INFINITY) > now;
    const mayJoin = pending !== undefined && parts.shareable;
    if (!askedInVain && (mayJoin || sinceAsked(now) >= parts.cooldownSeconds)) {
      await waitFor(refresh(now));
      if (lastFailure === undefined && !held?.keySet.keys.has(kid)) inVain.set(kid, now + inVainSeconds);
    }
    return keyOf(kid, held?.keySet ?? emptyKeySet);
  };

  const findAfterAsking = async (kid: string, now: NumericDate): Promise<ReturnType<typeof keyOf>> => {
    await bringUpToDate(now);
    return usable(now).keySet.keys.get(kid)?.key ?? findUnknown(kid, now);
  };

  return {
    find: (kid, now) => {
      if (held === undefined || !isFresh(held, now)) return findAfterAsking(kid, now);
      if (now >= held.refreshAt && mayAsk(now)) {
        if (parts.inBackground === undefined) return waitFor(refresh(now)).then(() => findAfterAsking(kid, now));
        parts.inBackground(refresh(now));
      }
      return held.keySet.keys.get(kid)?.key ?? findUnknown(kid, now);
    },
    ready: async (now) => {
      await bringUpToDate(now);
      usable(now);
    },
  };
};
