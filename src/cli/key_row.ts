// A key as the command line shows it: instants as NumericDate, members named as in the database.
import { type KeyLifetime, type KeyState, lifetimesOf, ringOf } from '../keys/lifecycle.ts';
import type { RotationPolicy } from '../keys/timing.ts';
import type { NumericDate } from '../seams/clock.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../seams/signer.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';

export interface KeyRow {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly slot: number;
  readonly state: KeyState;
  readonly published_at: NumericDate;
  readonly activates_at: NumericDate;
  readonly signs_until: NumericDate | null;
  readonly removed_at: NumericDate | null;
  readonly erased_at: NumericDate | null;
  readonly revoked_at: NumericDate | null;
  readonly revocation_reason: string | null;
}

/** The lifetimes of both rings, each ring in the order of its turns. */
export const allLifetimesOf = (
  keys: readonly SigningKeyRecord[],
  policy: RotationPolicy,
  now: NumericDate,
): readonly KeyLifetime[] => signingAlgorithms.flatMap((alg) => lifetimesOf(ringOf(keys, alg), policy, now));

export const keyRowOf = ({ key, state, signsUntil, removedAt }: KeyLifetime): KeyRow => ({
  kid: key.kid,
  alg: key.alg,
  slot: key.slot,
  state,
  published_at: key.publishedAt,
  activates_at: key.activatesAt,
  signs_until: signsUntil,
  removed_at: removedAt,
  erased_at: key.erasedAt,
  revoked_at: key.revokedAt,
  revocation_reason: key.revocationReason,
});
