/** What is written into the key history, in the order of a key's life. */
export const loggedEvents = ['published', 'activated', 'revoked', 'retired', 'removed'] as const;
export type LoggedEvent = (typeof loggedEvents)[number];

/** One entry of the key history as it is kept: what it says is in `jws`, the rest finds it. */
export interface StoredKeyEvent {
  /** Its place, from 0, without gaps. The primary key: of nodes that append at once, one does. */
  readonly seq: number;
  /** The key it is about; with `event` unique, so that nothing is told twice. */
  readonly kid: string;
  readonly event: LoggedEvent;
  /** Compact JWS, RFC 7515 §7.1. Its bytes are what the next entry's hash is made of. */
  readonly jws: string;
}

/** Append-only. */
export interface KeyEventStore {
  /** The entries from a place on, in order. */
  readKeyEvents(from: number): Promise<readonly StoredKeyEvent[]>;
  /** All or nothing. @returns false when a place is taken, or an event is there already; nothing changed then. */
  appendKeyEvents(events: readonly StoredKeyEvent[]): Promise<boolean>;
}
