// The standard claims an operator may set, each of the type it has to have, typed or imported. OpenID Connect Core 1.0 §5.1.
import { unprintable } from '../client_registration/client_metadata.ts';
import { OperatorError } from '../errors.ts';
import { userClaimNames } from '../tokens/user_claims.ts';
import { isJsonObject } from '../verifier/json_object.ts';

/** A claim's name and its value as typed. */
export type TypedClaim = readonly [name: string, value: string];

type Claims = Readonly<Record<string, unknown>>;

/** Kept in columns of their own, with options of their own. */
const elsewhere = ['preferred_username', 'email', 'email_verified', 'roles', 'updated_at'];

const settable = userClaimNames.filter((name) => !elsewhere.includes(name));

const mostCharacters = 500;
const lineBreak = /\r?\n/g;

/** A claim that says nothing is left out, never there as an empty one. §5.3.2. */
const isLine = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && value.length <= mostCharacters && !unprintable.test(value);

/** Its members are text, which may have several lines. §5.1.1. */
const isAddress = (value: unknown): boolean => {
  if (!isJsonObject(value)) return false;
  const members = Object.values(value);
  return (
    members.length > 0 && members.every((text) => typeof text === 'string' && isLine(text.replace(lineBreak, ' ')))
  );
};

/** A year that is not told is 0000, which had a 29th of February. */
const isBirthdate = (value: unknown): boolean => {
  if (typeof value !== 'string' || !/^\d{4}(-\d\d-\d\d)?$/.test(value)) return false;
  const date = new Date(`${value.slice(0, 4)}${value.slice(4) || '-01-01'}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
};

/** Applications make links and pictures of it: one that runs a script is none. */
const isWebAddress = (value: unknown): boolean =>
  typeof value === 'string' && isLine(value) && /^https?:\/\//i.test(value) && URL.canParse(value);

const asJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

interface ClaimType {
  readonly expected: string;
  is(value: unknown): boolean;
  /** @returns what was typed as a value, which need not be one of the type. */
  read(text: string): unknown;
}

const asTyped = (text: string): string => text;

const webAddress: ClaimType = { expected: 'an http or https address', is: isWebAddress, read: asTyped };

const types: Readonly<Record<string, ClaimType>> = {
  address: { expected: 'a JSON object of text, like {"country":"GB"}', is: isAddress, read: asJson },
  phone_number_verified: { expected: 'true or false', is: (value) => typeof value === 'boolean', read: asJson },
  picture: webAddress,
  profile: webAddress,
  website: webAddress,
  birthdate: { expected: 'YYYY-MM-DD, or YYYY alone', is: isBirthdate, read: asTyped },
};

const line: ClaimType = {
  expected: `one line of at most ${mostCharacters} characters, none of which turns the direction of writing`,
  is: isLine,
  read: asTyped,
};

const typeOf = (name: string): ClaimType => types[name] ?? line;

const complaint = (name: string, found: unknown): string =>
  `The claim ${name} cannot be ${JSON.stringify(found)}; expected ${typeOf(name).expected}.`;

const readClaim = ([name, text]: TypedClaim): readonly [string, unknown] => {
  if (!settable.includes(name))
    throw new OperatorError(
      `There is no claim ${JSON.stringify(name)} to set; nothing was changed. There are: ${settable.join(', ')}. E-mail address and roles have options of their own.`,
    );
  if (text === '') return [name, null];
  const { is, read } = typeOf(name);
  const value = read(text);
  if (!is(value)) throw new OperatorError(`${complaint(name, text)} Nothing was changed.`);
  return [name, value];
};

/**
 * @param before - the claims there are; those typed take their place, and one typed as empty is dropped.
 * @throws {OperatorError} for a claim that does not exist, or a value it cannot have.
 */
export const profileClaims = (typed: readonly TypedClaim[], before: Claims = {}): Claims =>
  Object.fromEntries(
    Object.entries({ ...before, ...Object.fromEntries(typed.map(readClaim)) }).filter(([, value]) => value !== null),
  );

/** Claims of other names may come along: nobody is told them. @returns what is wrong with each that cannot be as it is, by its name. */
export const wrongClaims = (claims: Claims): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(claims)
      .filter(([name, value]) => settable.includes(name) && !typeOf(name).is(value))
      .map(([name, value]) => [name, complaint(name, value)]),
  );
