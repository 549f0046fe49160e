import type { AuditEvent } from './audit_store.ts';
import type { NumericDate } from './clock.ts';
import type { User } from './user_store.ts';

/** An end-user's signed-in browser. */
export interface Session {
  /** SHA-256, base64url, of the cookie's value. */
  readonly sessionHash: string;
  /** The `sid` of ID tokens and logout tokens. @see OpenID Connect Back-Channel Logout 1.0 §2.1 */
  readonly sid: string;
  readonly sub: string;
  /** SHA-256, base64url, of the cookie of the browser it was begun in. */
  readonly browserHash: string;
  readonly authTime: NumericDate;
  readonly amr: readonly string[];
  readonly acr: string;
  readonly userAgent: string | null;
  readonly lastSeenAt: NumericDate;
  /** Ends here whatever happens. */
  readonly expiresAt: NumericDate;
  readonly endedAt: NumericDate | null;
}

/** What must still be so when a session begins: hashing takes long enough for the password to be changed meanwhile. */
export type ProvedUser = Pick<User, 'sub' | 'passwordChangedAt'>;

/** What an end-user allowed a client, remembered. */
export interface Consent {
  readonly sub: string;
  readonly clientId: string;
  readonly scope: readonly string[];
  readonly claims: readonly string[];
  readonly resources: readonly string[];
  /** What of the scope was allowed at which resource: the resource, a space, a scope value. None in rows of before. */
  readonly resourceScope: readonly string[];
  readonly grantedAt: NumericDate;
}

/** An authorization request that waits for the end-user (to sign in, to consent). */
export interface Interaction {
  /** SHA-256, base64url, of the id in the URL. */
  readonly idHash: string;
  /** SHA-256, base64url, of the cookie of the browser it began in; no other may continue it. */
  readonly browserHash: string;
  /** The parameters as received; checked anew each time. */
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  readonly createdAt: NumericDate;
  readonly expiresAt: NumericDate;
  /** When the end-user chose to go on as who is signed in (prompt=select_account). */
  readonly accountChosenAt: NumericDate | null;
  readonly consentedAt: NumericDate | null;
}

export interface SessionStore {
  /**
   * @param proved - the end-user as read before their password was proved; null where none was.
   * @returns false, and nothing is added, when they are gone, locked or have another password since.
   */
  addSession(session: Session, proved: ProvedUser | null, event?: AuditEvent | null): Promise<boolean>;
  /** Goes on with a session under its new hash, as signed in anew; the old hash finds nothing. @returns false when `sessionHash` does not find it, or as addSession does. */
  renewSession(
    sessionHash: string,
    renewed: Session,
    proved: ProvedUser | null,
    event?: AuditEvent | null,
  ): Promise<boolean>;
  /** @returns the session unless it ended. Expiry and idle time are the caller's to judge. */
  findSession(sessionHash: string): Promise<Session | undefined>;
  findSessionBySid(sid: string): Promise<Session | undefined>;
  /** Whether the end-user has signed in from this browser before. */
  isKnownBrowser(sub: string, browserHash: string): Promise<boolean>;
  listSessions(sub: string): Promise<readonly Session[]>;
  touchSession(sid: string, lastSeenAt: NumericDate): Promise<void>;
  /** Ends a session and the refresh families bound to it (not the offline ones), and queues what tells its clients. @returns false when it had ended before. */
  endSession(sid: string, at: NumericDate, event?: AuditEvent | null): Promise<boolean>;
  addInteraction(interaction: Interaction): Promise<void>;
  findInteraction(idHash: string): Promise<Interaction | undefined>;
  markInteraction(idHash: string, mark: 'accountChosenAt' | 'consentedAt', at: NumericDate): Promise<void>;
  /** @returns false when there was none: it was over before, or somebody else was first. */
  removeInteraction(idHash: string): Promise<boolean>;
  findConsent(sub: string, clientId: string): Promise<Consent | undefined>;
  listConsents(sub: string): Promise<readonly Consent[]>;
  /** Adds to what was allowed before. */
  saveConsent(consent: Consent, event?: AuditEvent | null): Promise<void>;
  /** Withdraws consent, and records `consent.withdrawn` with it; the client's families and unspent codes of this user end. @returns false when there was none. */
  withdrawConsent(sub: string, clientId: string, at: NumericDate): Promise<boolean>;
  /**
   * Deletes what expired before `before`: interactions, unspent codes, sessions, denied tokens, idle rate limits, and
   * families, once none of their tokens is accepted any more, with all that is known of their codes and tokens; and refresh
   * tokens that tell their family, spent before `tokensSince`.
   *
   * @param tokensSince - no access token from before it is accepted any more, and no answer is given again.
   */
  removeExpired(before: NumericDate, tokensSince: NumericDate): Promise<void>;
}
