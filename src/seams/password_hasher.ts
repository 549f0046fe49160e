/** Hashes the passwords people choose. Slow by design, so bounded: more at once than it can hold are refused, not queued for long. */
export interface PasswordHasher {
  /** @param password - normalized (password.ts). @returns a PHC string. */
  hash(password: string): Promise<string>;
  /** Whether `verify` will touch the hash: of a known kind, with parameters that can be borne. */
  accepts(passwordHash: string): boolean;
  /** @returns false for a wrong password, and for a hash it does not accept. */
  verify(passwordHash: string, password: string): Promise<boolean>;
  /** Whether the hash was made with weaker parameters, or another algorithm, than `hash` uses now. */
  needsRehash(passwordHash: string): boolean;
}

/** Too many hashes are under way, or the machine has no room for one; try again shortly. */
export class PasswordHasherBusyError extends Error {
  override name = 'PasswordHasherBusyError';
}
