/**
 * Lets work that can wait begin a little at a time, in the order it came, so that what comes in meanwhile is not behind all
 * of it.
 *
 * @throws {OAuthError} passwords_busy, when too much is waiting already.
 */
export type TakeTurn = () => Promise<void>;

/**
 * Does work of which most is hashing a password, in the order it came, only as much of it at once as keeps the hasher busy:
 * what comes before the hash is then spread over the time that the hashes take.
 *
 * @throws {PasswordHasherBusyError} when too much is waiting already.
 */
export type PacePasswords = <Result>(work: () => Promise<Result>) => Promise<Result>;
