// Takes a token from the command line apart without trusting it. RFC 7515 §7.1, RFC 7516 §7.1.
import { OperatorError } from '../errors.ts';
import { isNestedBeyond } from '../tokens/own_claims.ts';
import { isJsonObject } from '../verifier/json_object.ts';
import type { Terminal } from './terminal.ts';

/** Far more than any token has, and not too many to be printed. */
const mostLevels = 500;

const segments = /^[A-Za-z0-9_-]*$/;

export interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>>;
  /** Undefined for an encrypted token (JWE), whose content cannot be read. */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  readonly signatureBytes: number;
}

/** @param jwt - as typed, or `-` for standard input; `Bearer ` before it is taken off. */
export const readToken = async (jwt: string, terminal: Terminal): Promise<string> => {
  const text = jwt === '-' ? await terminal.readInput() : jwt;
  return text.trim().replace(/^(authorization: *)?bearer +/i, '');
};

const notAToken = (why: string): OperatorError =>
  new OperatorError(
    `This is not a token: ${why}. Expected HEADER.CLAIMS.SIGNATURE, each in base64url, like eyJhbGciOi...`,
  );

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** @returns undefined when the segment is not JSON; JSON itself never is. */
const decodeJson = (segment: string): unknown => {
  try {
    return JSON.parse(strictUtf8.decode(Buffer.from(segment, 'base64url')));
  } catch {
    return undefined;
  }
};

const decodeObject = (segment: string, what: string): Readonly<Record<string, unknown>> => {
  const value = decodeJson(segment);
  if (value === undefined) throw notAToken(`its ${what} is not JSON in base64url`);
  if (!isJsonObject(value)) throw notAToken(`its ${what} is JSON but no object`);
  if (isNestedBeyond(mostLevels, value)) throw notAToken(`its ${what} has more than ${mostLevels} levels of JSON`);
  return value;
};

/** @throws {OperatorError} when it is no compact JWS or JWE with a JSON object in it. */
export const decodeToken = (token: string): DecodedToken => {
  if (token === '') throw notAToken('it is empty');
  const parts = token.split('.', 6);
  if (parts.length !== 3 && parts.length !== 5)
    throw notAToken(`it has ${parts.length > 5 ? 'more than 5' : parts.length} parts instead of 3`);
  const odd = parts.findIndex((part) => !segments.test(part));
  if (odd !== -1) throw notAToken(`part ${odd + 1} has characters that are not base64url`);
  const [headerPart = '', claimsPart = '', signaturePart = ''] = parts;
  const header = decodeObject(headerPart, 'header');
  const claims = parts.length === 3 ? decodeObject(claimsPart, 'second part, the claims,') : undefined;
  return { header, claims, signatureBytes: Buffer.from(signaturePart, 'base64url').length };
};
