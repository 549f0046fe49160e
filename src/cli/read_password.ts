// A user's password from standard input or from the terminal, never from an argument, and the hash that is kept of it.
import { isKnownPasswordHash, nodeRsPasswordHasher } from '../adapters/node_rs_password_hasher.ts';
import { OperatorError } from '../errors.ts';
import { leastPasswordCharacters, normalizePassword, type PasswordFault, passwordFault } from '../login/password.ts';
import type { Terminal } from './terminal.ts';

export interface PasswordOptions {
  readonly passwordStdin?: boolean;
  readonly passwordHashStdin?: boolean;
}

const faults: Readonly<Record<PasswordFault, string>> = {
  too_short: `it is shorter than ${leastPasswordCharacters} characters. A few unrelated words are easy to remember; spaces count`,
  too_long: 'it is longer than 4096 bytes',
  common: 'it is on the lists that attackers try first',
  repetitive: 'it is one pattern over and over',
  names_user: "it is too much like the user's name or address, or the name of this service",
};

const oneLine = async (terminal: Terminal, what: string): Promise<string> => {
  // Editors and shells of Windows begin a file with a byte order mark, which nobody types.
  const line = (await terminal.readInput()).replace(/^\uFEFF/, '').replace(/\r?\n$/, '');
  if (line === '' || /[\r\n]/.test(line))
    throw new OperatorError(`Standard input must be one line, the ${what}. Nothing was changed.`);
  // UTF-16 has a zero byte in every ASCII character.
  if (/[\ufffd\0]/.test(line)) throw new OperatorError('Standard input is not UTF-8. Nothing was changed.');
  return line;
};

const hashOf = (password: string, names: readonly string[]): Promise<string> => {
  const normalized = normalizePassword(password);
  const fault = passwordFault(normalized, names);
  if (fault !== undefined)
    throw new OperatorError(`The password cannot be used: ${faults[fault]}. Nothing was changed.`);
  return nodeRsPasswordHasher.hash(normalized);
};

const importedHash = async (terminal: Terminal): Promise<string> => {
  const passwordHash = await oneLine(terminal, 'hash');
  if (isKnownPasswordHash(passwordHash)) return passwordHash;
  // It is not shown: it may be a password that was meant for --password-stdin.
  throw new OperatorError(
    'Standard input is no password hash that can be verified here. Expected argon2id ($argon2id$v=19$m=...,t=...,p=...$salt$hash, at most m=131072,t=16,p=8) or bcrypt ($2a$, $2b$ or $2y$, a cost of at most 14). Nothing was changed.',
  );
};

const asked = async (
  prompt: NonNullable<Terminal['promptHidden']>,
  names: readonly string[],
): Promise<string | null> => {
  const password = await prompt('Password (it is not shown; empty for none): ');
  if (password === '') return null;
  if ((await prompt('The same again: ')) !== password)
    throw new OperatorError('The two passwords differ. Nothing was changed; try again.');
  return hashOf(password, names);
};

/**
 * @param names - what the password may not be made of.
 * @returns the hash to keep; null where no password was given.
 * @throws {OperatorError} for a password that may not be chosen, or a hash that cannot be verified here.
 */
export const readPasswordHash = async (
  { passwordStdin, passwordHashStdin }: PasswordOptions,
  names: readonly string[],
  terminal: Terminal,
): Promise<string | null> => {
  if (passwordStdin && passwordHashStdin)
    throw new OperatorError(
      'Standard input holds a password or a hash: give --password-stdin or --password-hash-stdin.',
    );
  if (passwordHashStdin) return importedHash(terminal);
  if (passwordStdin) return hashOf(await oneLine(terminal, 'password'), names);
  return terminal.promptHidden === undefined ? null : asked(terminal.promptHidden, names);
};
