// Refuses an option that there is not, or that is of another kind: left out in silence, a misspelt one would take with it
// what it asks for, and a service believe that it checks revocation or a nonce.
import { quoted } from './quoted.ts';

type Kind = 'string' | 'boolean' | 'function' | 'object';

/** What each option is; 'checked' is told by whoever reads it. */
export type OptionKinds<Options> = { readonly [Name in keyof Required<Options>]: Kind | 'checked' };

/** @param taker - the function they were given to. @throws {TypeError} */
export const assertOptions = <Options extends object>(
  taker: string,
  options: Options,
  kinds: OptionKinds<Options>,
): void => {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`The options of ${taker} are ${quoted(options)}, expected an object.`);
  const known = new Map<string, Kind | 'checked'>(Object.entries(kinds));
  for (const [name, value] of Object.entries(options)) {
    const kind = known.get(name);
    if (kind === undefined)
      throw new TypeError(`${taker} has no option ${quoted(name)}, expected some of ${[...known.keys()].join(', ')}.`);
    if (kind === 'checked' || value === undefined || (typeof value === kind && value !== null)) continue;
    const expected = kind === 'object' ? 'an object' : `a ${kind}`;
    throw new TypeError(`${taker}: ${name} is ${quoted(value)}, expected ${expected}.`);
  }
};
