// The segments of a compact JWS, RFC 7515 §7.1, and the whole of them signed.
import type { Signer } from '../seams/signer.ts';

/** One segment of a compact JWS: BASE64URL(UTF8(JSON)). @see RFC 7515 §3.1 https://www.rfc-editor.org/rfc/rfc7515#section-3.1 */
export const encodeSegment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @returns the header's segment, the claims' segment and the signature's, joined by dots. */
export const signCompact = async (header: string, claims: object, signer: Signer): Promise<string> => {
  const signingInput = `${header}.${encodeSegment(claims)}`;
  const signature = await signer.sign(signingInput);
  return `${signingInput}.${Buffer.from(signature.buffer, signature.byteOffset, signature.length).toString('base64url')}`;
};
