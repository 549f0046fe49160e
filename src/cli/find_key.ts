// Finds the key a person means by a kid or by its beginning.
import { OperatorError } from '../errors.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { safeText } from './safe_text.ts';

const fewestCharacters = 8;

/**
 * @param typed - a whole kid, or at least 8 characters of its beginning that no other key shares.
 * @throws {OperatorError} when no key or more than one is meant.
 */
export const findKey = (typed: string, keys: readonly SigningKeyRecord[]): SigningKeyRecord => {
  const exact = keys.find(({ kid }) => kid === typed);
  if (exact !== undefined) return exact;
  const shown = safeText(typed.slice(0, 64));
  if (typed.length < fewestCharacters)
    throw new OperatorError(
      `No key has the kid ${shown}, and it is too short for the beginning of one: at least ${fewestCharacters} characters are needed. "keyturn keys list" shows them.`,
    );
  const begun = keys.filter(({ kid }) => kid.startsWith(typed));
  const [only] = begun;
  if (only === undefined)
    throw new OperatorError(`No key has the kid ${shown}. "keyturn keys list --all" shows every key there ever was.`);
  if (begun.length > 1)
    throw new OperatorError(
      `${shown} is the beginning of ${begun.length} kids: ${begun.map(({ kid }) => kid).join(', ')}. Give more of it.`,
    );
  return only;
};
