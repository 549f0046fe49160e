// What a password may be, and the one form it is hashed in. NIST SP 800-63B-4 §3.1.1.2; RFC 8265 §4.2.
import { commonPasswords } from './common_passwords.ts';
import { isCommonPassword } from './common_spellings.ts';

export const leastPasswordCharacters = 15;
const mostPasswordBytes = 4096;

export type PasswordFault = 'too_short' | 'too_long' | 'common' | 'repetitive' | 'names_user';

/** Whether a password is too long to be looked at; asked before anything else is done with it. */
export const isPasswordTooLong = (password: string): boolean => Buffer.byteLength(password) > mostPasswordBytes;

/**
 * NFC, every Unicode space a plain one; nothing is cut off. RFC 8265 §4.2.2. What is too long stays as it was typed, and
 * is refused so, wherever it is shown: putting accents in order takes the square of how many there are.
 */
export const normalizePassword = (password: string): string =>
  isPasswordTooLong(password) ? password : password.replace(/\p{Zs}/gu, ' ').normalize('NFC');

/** The ten digits. */
const longestUnit = 10;

/** The same few characters over and over, or one run through the alphabet or the digits. */
const isRepetitive = (password: string): boolean => {
  for (let length = 1; length <= longestUnit; length += 1)
    if (
      password ===
      password
        .slice(0, length)
        .repeat(Math.ceil(password.length / length))
        .slice(0, password.length)
    )
      return true;
  const steps = new Set(
    [...password].slice(1).map((character, place) => character.charCodeAt(0) - password.charCodeAt(place)),
  );
  return steps.size === 1;
};

const namesUser = (folded: string, names: readonly string[]): boolean =>
  names.some((name) => name.length >= 4 && folded.replaceAll(name, '').length < leastPasswordCharacters / 2);

/**
 * @param password - normalized.
 * @param names - the username, the local part of the e-mail address, the service's host.
 * @returns why it may not be chosen; undefined when it may.
 */
export const passwordFault = (password: string, names: readonly string[]): PasswordFault | undefined => {
  if (isPasswordTooLong(password)) return 'too_long';
  if ([...password].length < leastPasswordCharacters) return 'too_short';
  const folded = password.toLowerCase();
  if (commonPasswords.has(folded)) return 'common';
  if (isRepetitive(folded)) return 'repetitive';
  if (isCommonPassword(folded)) return 'common';
  return namesUser(folded, names) ? 'names_user' : undefined;
};
