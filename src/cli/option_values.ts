// Reads the values of options and arguments. What is wrong here is an error of usage.
import { InvalidArgumentError } from 'commander';
import { settings } from '../settings.ts';
import { isJsonObject, type JsonObject } from '../verifier/json_object.ts';

const digits = /^-?\d{1,10}$/;

/** @returns a parser of whole numbers within the bounds, for commander. */
export const wholeNumber =
  (minimum: number, maximum: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!digits.test(text) || value < minimum || value > maximum)
      throw new InvalidArgumentError(`Expected a whole number from ${minimum} to ${maximum}.`);
    return value;
  };

/** @returns what the text says as JSON, or the text itself where it says nothing. */
const jsonOrText = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** Parses a JSON object, for commander. */
export const jsonObject = (text: string): JsonObject => {
  const value = jsonOrText(text);
  if (!isJsonObject(value)) throw new InvalidArgumentError('Expected a JSON object, like {"role":"reader"}.');
  return value;
};

const splitNamed = (text: string, example: string): readonly [string, string] => {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError(`Expected NAME=VALUE, like ${example}.`);
  return [text.slice(0, equals), text.slice(equals + 1)];
};

/** Collects NAME=VALUE pairs; the value is text as it stands. For commander. */
export const namedText = (
  text: string,
  earlier: readonly (readonly [string, string])[] = [],
): readonly (readonly [string, string])[] => [...earlier, splitNamed(text, 'nickname=Ada')];

/** Collects NAME=VALUE pairs; the value is JSON where it parses as JSON, else text. For commander. */
export const namedValue = (
  text: string,
  earlier: readonly (readonly [string, unknown])[] = [],
): readonly (readonly [string, unknown])[] => {
  const [name, value] = splitNamed(text, 'role=reader or level=3');
  return [...earlier, [name, jsonOrText(value)]];
};

/** The URL of a database, as KEYTURN_DATABASE_URL has it. For commander. */
export const databaseUrl = (text: string): string => {
  const { success } = settings.KEYTURN_DATABASE_URL.schema.safeParse(text);
  // What was typed may hold a password.
  if (!success) throw new InvalidArgumentError('Expected file:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE.');
  return text;
};
