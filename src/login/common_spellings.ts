// How people write a common password so that it is let through: with signs for letters, signs between the words, again and
// again, with a year or a counting up about it. The whole is compared, never a word in it. NIST SP 800-63B-4 §3.1.1.2.
import { commonPasswords } from './common_passwords.ts';
import { isKeyboardWalk } from './keyboard_walk.ts';

/** What is longer is no such spelling, and is not looked at. */
const mostCharacters = 128;

/** A date and a year, or 1234567890; more of them may well be chance. */
const mostDigitsAbout = 10;

/** `1` is an i to some and an l to others. */
const lettersOfSigns: ReadonlyMap<string, string> = new Map(
  Object.entries({ '0': 'o', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's', '!': 'i' }),
);

/** Of the keyboard of the United States, as in `!QAZ@WSX`. */
const unshifted = (text: string): string =>
  text.replace(/[!@#$%^&*()]/g, (sign) => `${('!@#$%^&*()'.indexOf(sign) + 1) % 10}`);

const withoutSigns = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, '');

const spellingsOf = (text: string): readonly string[] => [
  withoutSigns(text),
  ...['i', 'l'].map((one) => withoutSigns(text.replace(/[013457@$!]/g, (sign) => lettersOfSigns.get(sign) ?? one))),
];

const beforeLetters = /^\P{L}+/u;
const afterLetters = /\P{L}+$/u;
const digitsIn = (text: string): number => text.replace(/\D/g, '').length;

/** The text, and the text without what stands before its first letter, after its last, or both. */
const cutsOf = (text: string): readonly string[] =>
  [text, text.replace(beforeLetters, ''), text.replace(afterLetters, '')]
    .concat(text.replace(beforeLetters, '').replace(afterLetters, ''))
    .filter((cut) => digitsIn(text) - digitsIn(cut) <= mostDigitsAbout);

/** What the text is a repetition of, itself included. */
const unitsOf = (text: string): readonly string[] =>
  Array.from(text, (_, place) => text.slice(0, place + 1)).filter(
    (unit) => text === unit.repeat(text.length / unit.length),
  );

/** @param password - normalized, in small letters. */
export const isCommonPassword = (password: string): boolean => {
  if (password.length > mostCharacters) return false;
  // Accents and wide letters are signs for letters, too.
  const plain = password.normalize('NFKD').replace(/\p{M}/gu, '');
  const written = [plain.replace(/[^\p{L}\p{N}@$!]/gu, ''), withoutSigns(plain)];
  return (
    [withoutSigns(plain), withoutSigns(unshifted(plain))].some(isKeyboardWalk) ||
    written
      .flatMap(cutsOf)
      .flatMap(unitsOf)
      .flatMap(cutsOf)
      .flatMap(spellingsOf)
      .some((spelt) => commonPasswords.has(spelt))
  );
};
