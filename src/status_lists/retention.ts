// How long what was revoked has to be known after the tokens it is about: until every verifier refuses them anyway.
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';

/** The part of the timing of keys that tells how long tokens are accepted. */
export interface TokenTiming {
  readonly maxTokenSeconds: number;
  readonly leewaySeconds: number;
  readonly clockErrorSeconds: number;
}

/** For what a timer does late. */
const marginSeconds = 60;

/** How long after their `exp` tokens may still be accepted: L + 2E, and a margin. */
export const afterlifeSecondsOf = ({ leewaySeconds, clockErrorSeconds }: TokenTiming): number =>
  leewaySeconds + 2 * clockErrorSeconds + marginSeconds;

/** How long after it was made a mark may still be needed; by the longest token any key signed, so lowering T forgets nothing. */
export const retentionSecondsOf = (policy: TokenTiming, keys: readonly SigningKeyRecord[]): number =>
  keys.reduce((longest, key) => Math.max(longest, key.longestTokenSeconds), policy.maxTokenSeconds) +
  afterlifeSecondsOf(policy);
