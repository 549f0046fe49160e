// Refuses an option that there is not, or that is of another kind: left out in silence, a misspelt one would take with it
// what it asks for, and a service believe that it checks revocation or a nonce.
import { assertWithin } from './option_bounds.ts';
import { quoted } from './quoted.ts';

type Bounds = readonly [least: number, most: number];

/** 'checked' is told by whoever reads the option; a list of words has all that it may be. */
type Kind = 'string' | 'boolean' | 'function' | 'object' | 'checked' | readonly string[] | Bounds;

/** What each option is. */
export type OptionKinds<Options> = { readonly [Name in keyof Required<Options>]: Kind };

const isBounds = (kind: Kind): kind is Bounds => typeof kind[0] === 'number';

const isOfKind = (value: unknown, kind: Exclude<Kind, Bounds>): boolean => {
  if (kind === 'checked') return true;
  return typeof kind === 'object' ? kind.includes(value as string) : typeof value === kind && value !== null;
};

const kindWords = (kind: Exclude<Kind, Bounds>): string => {
  if (typeof kind === 'object') return kind.map((word) => `'${word}'`).join(' or ');
  return kind === 'object' ? 'an object' : `a ${kind}`;
};

/** @param taker - the function they were given to. @throws {TypeError} */
export const assertOptions = <Options extends object>(
  taker: string,
  options: Options,
  kinds: OptionKinds<Options>,
): void => {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`The options of ${taker} are ${quoted(options)}, expected an object.`);
  const known = new Map<string, Kind>(Object.entries(kinds));
  for (const [name, value] of Object.entries(options)) {
    const kind = known.get(name);
    if (kind === undefined)
      throw new TypeError(`${taker} has no option ${quoted(name)}, expected some of ${[...known.keys()].join(', ')}.`);
    if (value === undefined) continue;
    if (isBounds(kind)) assertWithin(name, value, ...kind);
    else if (!isOfKind(value, kind))
      throw new TypeError(`${taker}: ${name} is ${quoted(value)}, expected ${kindWords(kind)}.`);
  }
};
