// `keyturn keys history`: what the rows bear witness to, in the order of time. Changes nothing.
import { readConfig } from '../config.ts';
import type { KeyLifetime } from '../keys/lifecycle.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { SigningAlgorithm } from '../seams/signer.ts';
import { instant } from './instants.ts';
import { allLifetimesOf } from './key_row.ts';
import { safeText } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';
import { columns } from './text_layout.ts';
import { withExistingStore } from './with_store.ts';

/** `erased`: the private half is gone, which follows `retired` as soon as a node runs, and `revoked` at once. */
export type KeyEventName = 'published' | 'activated' | 'revoked' | 'retired' | 'erased' | 'removed';

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

const meanings: Readonly<Record<KeyEventName, string>> = {
  published: 'published',
  activated: 'signs from here',
  revoked: 'revoked',
  retired: 'signs no longer',
  erased: 'private half erased',
  removed: 'left the key set',
};

const rowOf = ({ at, event, kid, alg, reason }: KeyEvent): readonly string[] => [
  instant(at),
  alg,
  kid,
  reason === undefined ? meanings[event] : `${meanings[event]}: ${safeText(reason)}`,
];

export const showKeyHistory = async (options: AnswerOptions, terminal: Terminal): Promise<void> => {
  const config = readConfig(terminal.environment);
  const { keys, databaseNow } = await withExistingStore(config, (store) => store.readSigningKeys());
  const events = keyEventsOf(allLifetimesOf(keys, config.policy, databaseNow), databaseNow);
  const words = events.length === 0 ? 'Nothing has happened yet: there are no keys.' : columns(events.map(rowOf));
  answer(terminal, options, { issuer: config.issuer, now: databaseNow, events }, words);
};
