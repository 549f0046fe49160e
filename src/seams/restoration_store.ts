import type { NumericDate } from './clock.ts';
import type { SigningKeyRecord } from './signing_key_store.ts';

/** A key that signs no more, because nobody has its private half. */
export type LostSigningKey = Omit<SigningKeyRecord, 'privateJwe' | 'erasedAt' | 'revokedAt' | 'revocationReason'> & {
  readonly revokedAt: NumericDate;
  readonly revocationReason: string;
};

/** How many of each have ended. */
export interface Endings {
  readonly families: number;
  readonly sessions: number;
  readonly codes: number;
  readonly interactions: number;
}

/** What a database that was put back from a backup needs. Each verb is atomic. */
export interface RestorationStore {
  /**
   * Adds a key that the key history tells of and whose row was lost with its private half; it is there as revoked.
   *
   * @returns false when there is a key in its place, or of its kid.
   */
  addLostKey(key: LostSigningKey): Promise<boolean>;
  /**
   * Ends every session and family with their tokens, and removes every unspent code and waiting request: what was open
   * when the backup was made may have been spent or ended since.
   */
  endEverything(reason: string, at: NumericDate): Promise<Endings>;
}
