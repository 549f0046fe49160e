// What a key history tells of each key, pure: the entries played in order, and every order that cannot be refused.
import type { JWK } from 'jose';
import type { NumericDate } from '../seams/clock.ts';
import type { LoggedEvent } from '../seams/key_event_store.ts';
import type { SigningAlgorithm } from '../seams/signer.ts';
import { type HistoricalKey, type HistoryEntry, registeredReasonOf } from './key_history.ts';

/** One key as the entries tell it, with the instants of what has happened to it. */
export interface KeyLife {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly jwk: JWK;
  readonly instants: Readonly<Partial<Record<LoggedEvent, NumericDate>>>;
  readonly reason?: string;
}

export type KeyLives = ReadonlyMap<string, KeyLife>;

/** What must have happened to a key before, and what must not have. */
const rules: Readonly<Record<LoggedEvent, { readonly after: LoggedEvent | null; readonly notAfter: LoggedEvent[] }>> = {
  published: { after: null, notAfter: [] },
  activated: { after: 'published', notAfter: ['revoked', 'retired', 'removed'] },
  revoked: { after: 'published', notAfter: [] },
  retired: { after: 'activated', notAfter: ['removed'] },
  removed: { after: 'published', notAfter: [] },
};

/** The active key of each ring, as far as the entries go. */
type Active = Map<SigningAlgorithm, string>;

const moveOn = (active: Active, { event, kid, alg }: Pick<HistoryEntry, 'event' | 'kid' | 'alg'>): void => {
  if (event === 'activated') active.set(alg, kid);
  if ((event === 'retired' || event === 'revoked') && active.get(alg) === kid) active.delete(alg);
};

const complaintOf = (entry: HistoryEntry, life: KeyLife | undefined, active: Active): string | undefined => {
  const { event, at, kid, alg } = entry;
  const { after, notAfter } = rules[event];
  if (event === 'published') return life && `the key ${kid} is published a second time`;
  if (life === undefined) return `the key ${kid} is ${event}, but was never published`;
  if (life.alg !== alg) return `the key ${kid} is of ${life.alg}, and ${event} here as one of ${alg}`;
  if (life.instants[event] !== undefined) return `the key ${kid} is ${event} a second time`;
  const earliest = after === null ? undefined : life.instants[after];
  if (earliest === undefined) return `the key ${kid} is ${event} without having been ${after}`;
  if (at < earliest) return `the key ${kid} is ${event} at ${at}, before it was ${after} at ${earliest}`;
  const over = notAfter.find((late) => life.instants[late] !== undefined);
  if (over !== undefined) return `the key ${kid} is ${event} after it was ${over}`;
  const rival = event === 'activated' ? active.get(alg) : undefined;
  return rival && `the key ${kid} is activated while ${rival} is active`;
};

/** @throws {TypeError} in words, when an entry cannot follow those before it. */
export const livesOf = (entries: readonly HistoryEntry[]): KeyLives => {
  const lives = new Map<string, KeyLife>();
  const active: Active = new Map();
  for (const entry of entries) {
    const { kid, alg, event, at, jwk, reason } = entry;
    const before = lives.get(kid);
    const complaint = complaintOf(entry, before, active);
    if (complaint !== undefined) throw new TypeError(`entry ${entry.seq}: ${complaint}`);
    moveOn(active, entry);
    lives.set(kid, {
      ...(before ?? { kid, alg, jwk: jwk ?? {} }),
      instants: { ...before?.instants, [event]: at },
      ...(reason !== undefined && { reason }),
    });
  }
  return lives;
};

/**
 * What happened, in an order in which it can be told: of one second, a key's end comes before the turn of the next.
 *
 * @param due - by time, and each key's in the order of its life.
 */
export const inTellingOrder = <Due extends Pick<HistoryEntry, 'event' | 'kid' | 'alg' | 'at'>>(
  told: readonly HistoryEntry[],
  due: readonly Due[],
): readonly Due[] => {
  const active: Active = new Map();
  for (const entry of told) moveOn(active, entry);
  const waiting = [...due];
  const ordered: Due[] = [];
  while (waiting.length > 0) {
    const may = waiting.findIndex(
      ({ event, kid, alg, at }, place) =>
        at === waiting[0]?.at &&
        !(event === 'activated' && active.has(alg)) &&
        !waiting.slice(0, place).some((earlier) => earlier.kid === kid),
    );
    for (const next of waiting.splice(Math.max(may, 0), 1)) {
      moveOn(active, next);
      ordered.push(next);
    }
  }
  return ordered;
};

/**
 * The keys that sign no more, in the order in which they were published.
 *
 * @param leavesAt - when a key that has not left the key set yet will.
 */
export const historicalKeysOf = (lives: KeyLives, leavesAt: (kid: string) => NumericDate): readonly HistoricalKey[] =>
  [...lives.values()].flatMap(({ kid, jwk, instants, reason }) => {
    const { published, retired, revoked, removed } = instants;
    const exp = removed ?? leavesAt(kid);
    if (published === undefined) return [];
    if (retired === undefined && revoked === undefined && removed === undefined) return [];
    const revocation = revoked !== undefined && {
      revoked: { revoked_at: revoked, reason: registeredReasonOf(reason ?? 'unspecified') },
    };
    return [{ ...jwk, iat: published, exp, ...revocation }];
  });
