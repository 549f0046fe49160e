// What a ring is like at an instant, pure: what an operator watches, and is alerted by.
import type { NumericDate } from '../seams/clock.ts';
import type { RingFacts } from '../seams/metrics.ts';
import { signingAlgorithms } from '../seams/signer.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { activeKeyOf, type KeyLifetime, lifetimesOf, ringOf, standbysOf } from './lifecycle.ts';
import type { RotationPolicy } from './timing.ts';

/** The states of keys that are published. Those that are gone grow in number for ever, and say nothing. */
const watchedStates = ['standby', 'active', 'retiring'] as const;

const inStateSince = ({ key, state, signsUntil }: KeyLifetime): NumericDate => {
  if (state === 'standby') return key.publishedAt;
  return state === 'retiring' && signsUntil !== null ? signsUntil : key.activatesAt;
};

export const ringFactsOf = (
  keys: readonly SigningKeyRecord[],
  policy: RotationPolicy,
  now: NumericDate,
): readonly RingFacts[] =>
  signingAlgorithms.map((alg) => {
    const lifetimes = lifetimesOf(ringOf(keys, alg), policy, now);
    const [standby] = standbysOf(lifetimes);
    const active = activeKeyOf(lifetimes);
    return {
      alg,
      standbyMissing: standby === undefined,
      nextTurnSeconds: standby && Math.max(0, standby.activatesAt - now),
      overdueSeconds: active === undefined ? 0 : Math.max(0, now - active.activatesAt - policy.periodSeconds),
      states: watchedStates.map((state) => {
        const those = lifetimes.filter((lifetime) => lifetime.state === state);
        const eldestSeconds = Math.max(0, ...those.map((lifetime) => now - inStateSince(lifetime)));
        return { state, keys: those.length, eldestSeconds };
      }),
    };
  });
