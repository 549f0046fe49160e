// What a header may say, RFC 7515 §4, RFC 8725 §3: which key and which algorithm, of a closed list, and nothing that
// brings its own key or its own rules.
import { decodeBase64url } from './base64url.ts';
import { hasDuplicateMember, readJsonObject } from './json_object.ts';
import { quoted } from './quoted.ts';
import { TokenError } from './token_error.ts';
import type { VerificationAlgorithm } from './verification_key.ts';

export interface ProtectedHeader {
  readonly alg: VerificationAlgorithm;
  readonly kid: string;
  /** Lower case, without `application/`; '' when there is none. RFC 7515 §4.1.9. */
  readonly typ: string;
}

const mostHeaderCharacters = 2048;
const mostKidCharacters = 256;

/** Members that name a key or a place to get one, or change what is signed; none is ever needed, so none is let through. */
const forbiddenMembers = ['crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c', 'zip', 'enc'] as const;

const malformed = (message: string): TokenError => new TokenError('token_malformed', message);

/** A media type: its case does not matter, and `application/` may be left out. */
export const mediaTypeOf = (typ: string): string => typ.toLowerCase().replace(/^application\//, '');

/** @throws {TokenError} token_malformed, algorithm_not_allowed */
export const readProtectedHeader = (segment: string, algorithms: readonly VerificationAlgorithm[]): ProtectedHeader => {
  if (segment.length > mostHeaderCharacters)
    throw malformed(`The header has ${segment.length} characters, expected at most ${mostHeaderCharacters}.`);
  const bytes = decodeBase64url(segment);
  const header = bytes && readJsonObject(bytes);
  if (bytes === undefined || header === undefined) throw malformed('The header is not a JSON object in base64url.');
  if (hasDuplicateMember(bytes, header)) throw malformed('The header has a member twice.');
  const forbidden = forbiddenMembers.find((member) => Object.hasOwn(header, member));
  if (forbidden !== undefined) throw malformed(`The header has "${forbidden}", which is never accepted.`);
  const { alg, kid, typ = '' } = header;
  const algorithm = algorithms.find((allowed) => allowed === alg);
  if (algorithm === undefined)
    throw new TokenError('algorithm_not_allowed', `alg is ${quoted(alg)}, expected one of ${algorithms.join(', ')}.`);
  if (typeof kid !== 'string' || kid.length === 0 || kid.length > mostKidCharacters)
    throw malformed(`kid is ${quoted(kid)}, expected a string of at most ${mostKidCharacters} characters.`);
  if (typeof typ !== 'string') throw malformed(`typ is ${quoted(typ)}, expected a string.`);
  return { alg: algorithm, kid, typ: mediaTypeOf(typ) };
};
