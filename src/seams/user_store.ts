import type { AuditEvent } from './audit_store.ts';
import type { NumericDate } from './clock.ts';
import type { Consent, ProvedUser, Session } from './session_store.ts';
import type { TokenFamily } from './token_store.ts';

/** An end-user. @see OpenID Connect Core 1.0 §5.1 */
export interface User {
  /** Subject identifier: a UUID made here, never reused. */
  readonly sub: string;
  /** Canonical (username.ts); unique. */
  readonly username: string;
  /** Canonical; unique where present. */
  readonly email: string | null;
  readonly emailVerified: boolean;
  /** PHC string of argon2id, or an imported bcrypt hash; null while no password is set. */
  readonly passwordHash: string | null;
  readonly passwordChangedAt: NumericDate | null;
  /** Standard claims of OIDC Core §5.1 (profile, phone, address), by their wire names. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly roles: readonly string[];
  readonly lockedAt: NumericDate | null;
  readonly createdAt: NumericDate;
  readonly updatedAt: NumericDate;
}

/** What an operator may change of a user; each in place of what there is. */
export type UserChanges = Partial<Pick<User, 'email' | 'emailVerified' | 'claims' | 'roles'>>;

/** All that is kept of one user, ended or not, as of one moment. */
export interface PersonalData {
  readonly user: User;
  readonly sessions: readonly Session[];
  readonly consents: readonly Consent[];
  readonly families: readonly TokenFamily[];
  /** Oldest first. */
  readonly auditEvents: readonly AuditEvent[];
}

export interface UserStore {
  /** @param login - a canonical username or e-mail address. */
  findUserByLogin(login: string): Promise<User | undefined>;
  findUser(sub: string): Promise<User | undefined>;
  /** By username. @param after - a username, there or not: those behind it alone; '' for the first. @param most - of them. */
  listUsers(after: string, most: number): Promise<readonly User[]>;
  /** Without a look at more than one. */
  hasUsers(): Promise<boolean>;
  /** @returns false when the username or the e-mail address is taken; nothing changed then. */
  addUser(user: User, event?: AuditEvent | null): Promise<boolean>;
  /** @returns false when there is no such user or the e-mail address is taken; nothing changed then. */
  updateUser(sub: string, changes: UserChanges, at: NumericDate, event?: AuditEvent | null): Promise<boolean>;
  readPersonalData(sub: string): Promise<PersonalData | undefined>;
  /**
   * Sets a password hash. Every session but `keepSid`, and every refresh family, ends with it; the clients of these
   * sessions are told. `passwordChangedAt` becomes `at`, or later than it was.
   *
   * @param whose - a sub, or the user as they were when they proved their present password.
   * @returns false when there is no such user, `keepSid` is no session of theirs any more, or what was proved is another
   *   password by now; nothing changed then.
   */
  setPassword(
    whose: string | ProvedUser,
    passwordHash: string,
    at: NumericDate,
    keepSid: string | null,
    event?: AuditEvent | null,
  ): Promise<boolean>;
  /** Replaces a hash of older parameters by a new one of the same password, unless it changed meanwhile. */
  rehashPassword(sub: string, from: string, to: string): Promise<void>;
  /** Locks: sessions and refresh families end with it, and every client that knows the end-user is told. @returns false when there is no such user. */
  lockUser(sub: string, at: NumericDate, event?: AuditEvent | null): Promise<boolean>;
  unlockUser(sub: string, event?: AuditEvent | null): Promise<boolean>;
  /** Removes the user with everything personal: sessions, grants, families, codes. Every client that knows them is told. @returns false when there is no such user. */
  removeUser(sub: string, at: NumericDate, event?: AuditEvent | null): Promise<boolean>;
}
