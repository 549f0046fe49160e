/** One segment of a compact JWS: BASE64URL(UTF8(JSON)). @see RFC 7515 §3.1 https://www.rfc-editor.org/rfc/rfc7515#section-3.1 */
export const encodeSegment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
