import type { JWK } from 'jose';
import type { NumericDate } from './clock.ts';
import type { SigningAlgorithm } from './signer.ts';

/** One row of `signing_key`. Its state is not here: lifecycle.ts computes it from these instants and the time. */
export interface SigningKeyRecord {
  readonly alg: SigningAlgorithm;
  /** Place in the ring of `alg`, from 0; with `alg` the primary key, so that racing nodes make one key for it. */
  readonly slot: number;
  /** RFC 7638 thumbprint (SHA-256) of the public half. */
  readonly kid: string;
  readonly publicJwk: JWK;
  /** Compact JWE of the private half; null once erased. */
  readonly privateJwe: string | null;
  readonly publishedAt: NumericDate;
  readonly activatesAt: NumericDate;
  /** The longest lifetime, in seconds, of any token this key may have signed. Never lowered. */
  readonly longestTokenSeconds: number;
  readonly erasedAt: NumericDate | null;
  readonly revokedAt: NumericDate | null;
  readonly revocationReason: string | null;
}

/** A new key at its birth: nothing erased, nothing revoked. */
export type NewSigningKey = Omit<SigningKeyRecord, 'privateJwe' | 'erasedAt' | 'revokedAt' | 'revocationReason'> & {
  readonly privateJwe: string;
};

/** A standby, and when it takes over. */
export interface Activation {
  readonly kid: string;
  readonly activatesAt: NumericDate;
}

export interface Revocation {
  readonly kid: string;
  readonly reason: string;
  readonly revokedAt: NumericDate;
  /** The standby that takes over at `revokedAt`, when the revoked key was the active one. */
  readonly promotedKid: string | null;
  /** The key of the second turn. */
  readonly successor: NewSigningKey | null;
}

/**
 * The steps of the key lifecycle, each atomic. Three of them set instants that were planned before: after `latest`, by the
 * database's own time, nothing is done any more, and the answer is false.
 */
export interface SigningKeyStore {
  /** Every key ever made, with the database's own time at the moment of reading. */
  readSigningKeys(): Promise<{ readonly keys: readonly SigningKeyRecord[]; readonly databaseNow: NumericDate }>;
  /** @returns false when another node already filled (alg, slot); nothing changed then. */
  publishSigningKey(key: NewSigningKey, latest?: NumericDate): Promise<boolean>;
  /** Moves the turns of standbys, all or none. @returns false when one is no longer a standby at its instant; nothing changed then. */
  activateSigningKeys(activations: readonly Activation[], latest?: NumericDate): Promise<boolean>;
  /** Erases a private half, also from the free pages of the file. @returns false when it was erased before, or there is none. */
  erasePrivateHalf(kid: string, erasedAt: NumericDate): Promise<boolean>;
  /** Raises, never lowers, `longestTokenSeconds` of every key of the ring that still has its private half. */
  raiseLongestToken(alg: SigningAlgorithm, seconds: number): Promise<void>;
  /** Revoke, erase, promote and publish the second turn, all or nothing. @returns false when already revoked or a race took the slot. */
  revokeSigningKey(revocation: Revocation, latest?: NumericDate): Promise<boolean>;
  /** Replaces a ciphertext by another of the same private half. @returns false when the row changed meanwhile. */
  rewrapSigningKey(kid: string, from: string, to: string): Promise<boolean>;
}
