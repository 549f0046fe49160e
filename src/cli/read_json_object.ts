// Reads a JSON object from a file or from standard input.
import { OperatorError } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../verifier/json_object.ts';
import { readFile } from './read_file.ts';
import type { Terminal } from './terminal.ts';

const readText = async (from: string, terminal: Terminal): Promise<string> =>
  from === '-' ? terminal.readInput() : readFile(from, 'Name a JSON file, or - for standard input.');

/** Editors and shells of Windows begin a file with it. */
const byteOrderMark = /^\uFEFF/;

/** What UTF-16, which PowerShell writes, and Latin-1 come to when they are read as UTF-8. */
const otherEncoding = /[\0\uFFFD]/;

/** What is written out again, or compared, is walked; so deep nothing is that means anything here. */
const mostLevels = 64;

/** Level by level: a walk into each would not come back from a deep one. */
const isTooDeep = (value: unknown): boolean => {
  let level: readonly unknown[] = [value];
  for (let depth = 0; depth <= mostLevels && level.length > 0; depth += 1)
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  return level.length > 0;
};

const metadataLike = 'one object, like {"client_name":"Billing"}';

/**
 * @param from - a file's name, or `-`.
 * @param expected - in words, for whoever gave something else.
 * @throws {OperatorError} when it cannot be read or holds no JSON object, or one that is nested too deep.
 */
export const readJsonObject = async (
  from: string,
  terminal: Terminal,
  expected: string = metadataLike,
): Promise<JsonObject> => {
  const source = from === '-' ? 'Standard input' : `The file ${from}`;
  const text = await readText(from, terminal);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(byteOrderMark, ''));
  } catch {
    const found = otherEncoding.test(text) ? 'in another encoding than UTF-8, or damaged' : 'not JSON';
    // The message of JSON.parse quotes what it read, which may hold a secret.
    // biome-ignore lint/style/useErrorCause: see above
    throw new OperatorError(`${source} is ${found}. Expected ${expected}.`);
  }
  if (!isJsonObject(value)) throw new OperatorError(`${source} is JSON but no object. Expected ${expected}.`);
  if (isTooDeep(value))
    throw new OperatorError(`${source} is nested more than ${mostLevels} deep. Expected ${expected}.`);
  return value;
};
