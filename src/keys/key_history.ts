// The key history as bytes: a chain of signed entries, and the signed document it is published in. Each entry is a
// compact JWS (RFC 7515 §7.1) that holds the SHA-256 of the one before; the document is the historical keys response of
// OpenID Federation 1.0 §8.7 with the chain as one more member. Reading and checking it is verify_key_history.ts's.
import { createHash } from 'node:crypto';
import type { JWK } from 'jose';
import type { NumericDate } from '../seams/clock.ts';
import type { LoggedEvent, StoredKeyEvent } from '../seams/key_event_store.ts';
import type { Signer, SigningAlgorithm } from '../seams/signer.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { publicHalfOf } from './generate.ts';
import type { KeyEvent } from './key_events.ts';
import { encodeSegment, signCompact } from './segment.ts';

export const entryType = 'key-event+jwt';
/** OpenID Federation 1.0 §8.7.2. */
export const documentType = 'jwk-set+jwt';

/** What one entry says. Instants are NumericDate of the database. */
export interface HistoryEntry {
  readonly iss: string;
  /** Its place, from 0. */
  readonly seq: number;
  /** SHA-256 of the entry before, as its ASCII bytes stand in the chain, base64url; null in the first. */
  readonly prev: string | null;
  readonly event: LoggedEvent;
  /** When it happened. */
  readonly at: NumericDate;
  /** When it was written down and signed; never before `at`, nor before the entry before. */
  readonly iat: NumericDate;
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** The public half; with `published` alone. */
  readonly jwk?: JWK;
  /** With `revoked` alone. */
  readonly reason?: string;
}

/** A key that signs no more, OpenID Federation 1.0 §8.7.2. */
export type HistoricalKey = JWK & {
  readonly iat: NumericDate;
  /** When it left or leaves the key set. */
  readonly exp: NumericDate;
  readonly revoked?: { readonly revoked_at: NumericDate; readonly reason: RegisteredReason };
};

export interface HistoryDocument {
  readonly iss: string;
  readonly iat: NumericDate;
  readonly keys: readonly HistoricalKey[];
  /** The chain, first entry first. Ours; a consumer of the federation format passes over it. */
  readonly key_events: readonly string[];
}

/** OpenID Federation 1.0 §8.7.3. */
export const registeredReasons = ['unspecified', 'compromised', 'superseded'] as const;
export type RegisteredReason = (typeof registeredReasons)[number];

/** What the operator typed, as one of the registered reasons: revoking is for a compromise, unless it says otherwise. */
export const registeredReasonOf = (reason: string): RegisteredReason =>
  registeredReasons.find((registered) => registered === reason) ?? 'compromised';

export const hashOfEntry = (jws: string): string => createHash('sha256').update(jws, 'ascii').digest('base64url');

export const signDocument = (typ: string, claims: object, signer: Signer): Promise<string> =>
  signCompact(encodeSegment({ alg: signer.alg, typ, kid: signer.kid }), claims, signer);

export interface ChainLink {
  readonly issuer: string;
  readonly event: KeyEvent & { readonly event: LoggedEvent };
  readonly key: SigningKeyRecord;
  readonly iat: NumericDate;
}

/** @param before - the entry before; undefined for the first. */
export const signEntry = async (
  { issuer, event, key, iat }: ChainLink,
  before: StoredKeyEvent | undefined,
  signer: Signer,
): Promise<StoredKeyEvent> => {
  const { kid, alg, at, reason } = event;
  const seq = before === undefined ? 0 : before.seq + 1;
  const entry: HistoryEntry = {
    iss: issuer,
    seq,
    prev: before === undefined ? null : hashOfEntry(before.jws),
    event: event.event,
    at,
    iat,
    kid,
    alg,
    ...(event.event === 'published' && { jwk: publicHalfOf(key.publicJwk, alg, kid) }),
    ...(reason !== undefined && { reason }),
  };
  return { seq, kid, event: event.event, jws: await signDocument(entryType, entry, signer) };
};

/** What an entry of our own says. @throws {SyntaxError} when it is no entry. */
export const readOwnEntry = ({ jws }: Pick<StoredKeyEvent, 'jws'>): HistoryEntry =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')) as HistoryEntry;
