// The standard claims an operator may set, each read as its type demands. OpenID Connect Core 1.0 §5.1.
import { OperatorError } from '../errors.ts';
import { userClaimNames } from '../tokens/user_claims.ts';
import { jsonObject } from './option_values.ts';

/** A claim's name and its value as typed. */
export type TypedClaim = readonly [name: string, value: string];

type Claims = Readonly<Record<string, unknown>>;

/** Kept in columns of their own, with options of their own. */
const elsewhere = ['preferred_username', 'email', 'email_verified', 'roles', 'updated_at'];

const settable = userClaimNames.filter((name) => !elsewhere.includes(name));

const mostCharacters = 500;
const control = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

const readTruth = (text: string): boolean | undefined => {
  if (text === 'true') return true;
  return text === 'false' ? false : undefined;
};

const readAddress = (text: string): Claims | undefined => {
  try {
    return jsonObject(text);
  } catch {
    return undefined;
  }
};

interface ClaimType {
  readonly expected: string;
  /** @returns undefined for what is no value of the type. */
  read(text: string): unknown;
}

const types: Readonly<Record<string, ClaimType>> = {
  address: { expected: 'a JSON object, like {"country":"GB"}', read: readAddress },
  phone_number_verified: { expected: 'true or false', read: readTruth },
  birthdate: {
    expected: 'YYYY-MM-DD, or YYYY alone',
    read: (text) => (/^\d{4}(-\d\d-\d\d)?$/.test(text) ? text : undefined),
  },
};

const plainText: ClaimType = {
  expected: `one line of at most ${mostCharacters} characters`,
  read: (text) => (text.length <= mostCharacters && !control.test(text) ? text : undefined),
};

const readClaim = ([name, text]: TypedClaim): readonly [string, unknown] => {
  if (!settable.includes(name))
    throw new OperatorError(
      `There is no claim ${JSON.stringify(name)} to set; nothing was changed. There are: ${settable.join(', ')}. E-mail address and roles have options of their own.`,
    );
  const { expected, read } = types[name] ?? plainText;
  const value = text === '' ? null : read(text);
  if (value !== undefined) return [name, value];
  throw new OperatorError(
    `The claim ${name} cannot be ${JSON.stringify(text)}; expected ${expected}. Nothing was changed.`,
  );
};

/**
 * @param before - the claims there are; those typed take their place, and one typed as empty is dropped.
 * @throws {OperatorError} for a claim that does not exist, or a value it cannot have.
 */
export const profileClaims = (typed: readonly TypedClaim[], before: Claims = {}): Claims =>
  Object.fromEntries(
    Object.entries({ ...before, ...Object.fromEntries(typed.map(readClaim)) }).filter(([, value]) => value !== null),
  );
