/**
 * Lets work that can wait begin a little at a time, in the order it came, so that what comes in meanwhile is not behind all
 * of it.
 *
 * @throws {OAuthError} passwords_busy, when too much is waiting already.
 */
export type TakeTurn = () => Promise<void>;
