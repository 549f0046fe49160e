// Where the verifier gets its keys: a cached URL, a given set, the issuer in the same process.
import type { NumericDate } from './claims.ts';
import type { VerificationKey } from './verification_key.ts';

export interface KeySource {
  /**
   * @returns the issuer's key of this kid: at once when the set at hand is fresh, a promise when it must be fetched first.
   *   The same object for as long as the key stays in the set.
   * @throws {TokenError} key_unknown, keys_unavailable; a returned promise rejects with the same.
   */
  find(kid: string, now: NumericDate): VerificationKey | Promise<VerificationKey>;
  /** Settles when there is a set to verify with. @throws {TokenError} keys_unavailable */
  ready(now: NumericDate): Promise<void>;
}
