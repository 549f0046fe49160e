import type { NumericDate } from './clock.ts';

/** A client to be told that a session ended. @see OpenID Connect Back-Channel Logout 1.0 §2.5 */
export interface LogoutDelivery {
  readonly id: string;
  readonly clientId: string;
  readonly sub: string;
  /** Null when the end-user is to be signed out everywhere. */
  readonly sid: string | null;
  readonly attempts: number;
  readonly nextAttemptAt: NumericDate;
}

/** Deliveries are queued by what ends sessions: endSession, setPassword, lockUser, removeUser. */
export interface LogoutDeliveryStore {
  /** Takes up to `most` deliveries that are due, moving their next attempt to `retryAt` so that no other node takes them too, and counting it. */
  takeLogoutDeliveries(now: NumericDate, retryAt: NumericDate, most: number): Promise<readonly LogoutDelivery[]>;
  /**
   * Puts off what is due for a client that does not answer, untried but counted as tried. What has been due `mostAttempts`
   * times with this is given up.
   *
   * @returns how many were given up.
   */
  postponeLogoutDeliveriesOf(
    clientId: string,
    now: NumericDate,
    nextAttemptAt: NumericDate,
    mostAttempts: number,
  ): Promise<number>;
  postponeLogoutDelivery(id: string, nextAttemptAt: NumericDate): Promise<void>;
  removeLogoutDelivery(id: string): Promise<void>;
}
