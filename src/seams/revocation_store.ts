import type { AuditEvent } from './audit_store.ts';
import type { NumericDate } from './clock.ts';

/** One Token Status List: places for tokens that expire in the same stretch of time, given out by one process. */
export interface StatusListRecord {
  /** Random; never reused, so that neither a restart nor a restored backup gives a place away twice. */
  readonly listId: string;
  /** 32 random bytes, base64url: from it comes the order in which places are given out, and what proves a `jti`. */
  readonly secret: string;
  readonly places: number;
  /** No token in it expires later. */
  readonly expiresAt: NumericDate;
}

/** A token's turn in a list, in the order they were given out; permutation.ts makes the published index of it. */
export interface StatusPlace {
  readonly listId: string;
  readonly turn: number;
}

/** `count` turns of a list, from `turn` on, whose tokens are revoked. */
export interface RevokedTurns extends StatusPlace {
  /** Ascending in the order of commits. */
  readonly id: number;
  readonly count: number;
}

/** What a mark may name: claims of tokens. `family_id` is ours: all tokens of one authorization. */
export const markKinds = ['jti', 'sid', 'sub', 'client_id', 'family_id'] as const;
export type MarkKind = (typeof markKinds)[number];

/** Tokens with this claim are revoked; where `notBefore` is set, only those with an `iat` up to and with it. */
export interface RevocationMark {
  /** Ascending in the order of commits. */
  readonly id: number;
  /** Random, so that an id of a lost history (a restored backup) is not taken for one of this. */
  readonly nonce: string;
  readonly kind: MarkKind;
  readonly value: string;
  readonly notBefore: NumericDate | null;
  readonly markedAt: NumericDate;
}

/** A client as whoever asks for places read it. */
export interface Lessee {
  readonly clientId: string;
  readonly tokensNotBefore: NumericDate | null;
}

/** `list_gone`: the database knows no such list (a backup was restored). `client_changed`: removed or revoked since it was read. */
export type LeaseOutcome = 'leased' | 'list_gone' | 'client_changed';

export interface Revocations {
  /** Every list there is. */
  readonly lists: readonly StatusListRecord[];
  readonly turns: readonly RevokedTurns[];
  readonly marks: readonly RevocationMark[];
}

/** What was revoked before its time. Each verb is atomic, and writes places and marks together with what it ends. */
export interface RevocationStore {
  addStatusList(list: StatusListRecord): Promise<void>;
  findStatusList(listId: string): Promise<StatusListRecord | undefined>;
  /** Notes that `count` turns from `turn` on go to tokens of one client, before any of them does. Nothing changes when it fails. */
  leaseTurns(place: StatusPlace, count: number, lessee: Lessee): Promise<LeaseOutcome>;
  /** All of it as of one moment: what came after these ids. */
  readRevocations(afterTurnsId: number, afterMarkId: number): Promise<Revocations>;
  /** Ends a session and every family bound to it, offline ones too. @returns false when it had ended, and all of them. */
  revokeSession(sid: string, at: NumericDate, event?: AuditEvent | null): Promise<boolean>;
  /** Ends every session and family of an end-user. @returns false when there was nothing to end. */
  revokeSubject(sub: string, at: NumericDate, event?: AuditEvent | null): Promise<boolean>;
  /**
   * Ends every family of a client and revokes every token it has; what it asks for after is new. Of a client with very many
   * families most end before, a few at a time. @returns false when there is no such client.
   */
  revokeClient(clientId: string, at: NumericDate, event?: AuditEvent | null): Promise<boolean>;
  /** Deletes lists that expired before `listsBefore` with what is kept of them, and marks made before `marksBefore`. */
  removeExpiredRevocations(listsBefore: NumericDate, marksBefore: NumericDate): Promise<void>;
}
