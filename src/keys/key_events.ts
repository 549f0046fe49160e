// Everything that has happened to the keys, pure: the rows bear witness to it, so nothing has to be noticed when it
// happens. key_history.ts makes a chain of it.
import type { NumericDate } from '../seams/clock.ts';
import type { LoggedEvent } from '../seams/key_event_store.ts';
import type { SigningAlgorithm } from '../seams/signer.ts';
import type { KeyLifetime } from './lifecycle.ts';

/** `erased`: the private half is gone, which follows `retired` as soon as a node runs, and `revoked` at once. */
export type KeyEventName = LoggedEvent | 'erased';

export interface KeyEvent {
  readonly at: NumericDate;
  readonly event: KeyEventName;
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** Of a revocation. */
  readonly reason?: string;
}

type Candidate = readonly [KeyEventName, NumericDate | null];

const candidatesOf = ({ key, signsUntil, removedAt }: KeyLifetime): readonly Candidate[] => {
  const { revokedAt, publishedAt, activatesAt, erasedAt } = key;
  const published: Candidate = ['published', publishedAt];
  const neverSigned = revokedAt !== null && revokedAt <= activatesAt;
  const activated: Candidate = ['activated', neverSigned ? null : activatesAt];
  const retired: Candidate = ['retired', revokedAt !== null && revokedAt === signsUntil ? null : signsUntil];
  const erased: Candidate = ['erased', erasedAt];
  return [published, activated, ['revoked', revokedAt], retired, erased, ['removed', revokedAt ?? removedAt]];
};

/** Everything that has happened by now; what happened in one second stays in the order of a key's life. */
export const keyEventsOf = (lifetimes: readonly KeyLifetime[], now: NumericDate): readonly KeyEvent[] =>
  lifetimes
    .flatMap((lifetime) =>
      candidatesOf(lifetime).flatMap(([event, at]): readonly KeyEvent[] => {
        const { kid, alg, revocationReason } = lifetime.key;
        if (at === null || at > now) return [];
        return [{ at, event, kid, alg, ...(event === 'revoked' && { reason: revocationReason ?? 'unspecified' }) }];
      }),
    )
    .sort((left, right) => left.at - right.at);
