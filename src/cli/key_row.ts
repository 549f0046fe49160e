// A key as the command line shows it: instants as NumericDate, members named as in the database.
import type { KeyLifetime, KeyState } from '../keys/lifecycle.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { SigningAlgorithm } from '../seams/signer.ts';

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
