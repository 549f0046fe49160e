// A revocation on paper, pure: what planRevocation plans, carried out on the rows instead of in the store, and what the
// runner would publish after it.
import type { NumericDate } from '../seams/clock.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { ringOf } from './lifecycle.ts';
import { type PlannedKey, type PlannedRevocation, planRevocation, planRotation } from './plan_rotation.ts';
import type { RotationPolicy } from './timing.ts';

export interface Rehearsal {
  readonly plan: PlannedRevocation;
  /** The rows as they would be. A key that would be made then has the kid `unmadeKid`. */
  readonly keys: readonly SigningKeyRecord[];
}

/** No key has it: a kid is 43 characters. */
export const unmadeKid = 'not made yet';

const onPaper = (planned: PlannedKey, policy: RotationPolicy): SigningKeyRecord => ({
  ...planned,
  kid: unmadeKid,
  publicJwk: {},
  privateJwe: 'none',
  longestTokenSeconds: policy.maxTokenSeconds,
  erasedAt: null,
  revokedAt: null,
  revocationReason: null,
});

/** @param key - one of the keys, not revoked yet. */
export const rehearseRevocation = (
  keys: readonly SigningKeyRecord[],
  policy: RotationPolicy,
  now: NumericDate,
  key: Pick<SigningKeyRecord, 'kid' | 'alg'>,
): Rehearsal => {
  const plan = planRevocation(ringOf(keys, key.alg), policy, now, key.kid);
  const { revokedAt, promotedKid, successor } = plan;
  const revoked = { revokedAt, erasedAt: revokedAt, privateJwe: null, revocationReason: 'rehearsal' };
  const after = [
    ...keys.map((row) => {
      if (row.kid === key.kid) return { ...row, ...revoked };
      return row.kid === promotedKid ? { ...row, activatesAt: revokedAt } : row;
    }),
    ...(successor === null ? [] : [onPaper(successor, policy)]),
  ];
  const { publish } = planRotation(after, policy, now);
  return { plan, keys: [...after, ...publish.map((planned) => onPaper(planned, policy))] };
};
