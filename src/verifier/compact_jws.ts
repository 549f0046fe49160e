// Takes a compact JWS apart, strictly, RFC 7515 §7.1: three segments of base64url, and nothing of it is believed yet.
import { decodeBase64url } from './base64url.ts';
import { TokenError } from './token_error.ts';

export interface CompactJws {
  readonly token: string;
  readonly headerSegment: string;
  /** What was signed: ASCII(header segment '.' payload segment). */
  readonly signingInput: string;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
}

const malformed = (message: string): TokenError => new TokenError('token_malformed', message);

const decoded = (segment: string, name: string): Uint8Array<ArrayBuffer> => {
  const bytes = decodeBase64url(segment);
  if (bytes === undefined)
    throw malformed(`The token's ${name} is not base64url as RFC 7515 §2 has it: no padding, no other characters.`);
  return bytes;
};

/**
 * @param maxBytes - a longer token is refused before any of it is decoded.
 * @throws {TokenError} token_malformed, token_too_large
 */
export const readCompactJws = (token: string, maxBytes: number): CompactJws => {
  if (typeof token !== 'string') throw malformed('The token is not a string.');
  if (token.length > maxBytes)
    throw new TokenError('token_too_large', `The token has ${token.length} characters, expected at most ${maxBytes}.`);
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first < 1 || second < 0 || token.indexOf('.', second + 1) >= 0)
    throw malformed('The token does not have three segments: expected a signed JWT in compact form.');
  return {
    token,
    headerSegment: token.slice(0, first),
    signingInput: token.slice(0, second),
    payload: decoded(token.slice(first + 1, second), 'payload'),
    signature: decoded(token.slice(second + 1), 'signature'),
  };
};
