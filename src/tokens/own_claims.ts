// What the claims of a token of ours look like. A key that was used elsewhere, as by `token mint`, signs others too, and what
// looks into them takes text for text, and walks as deep as they go. RFC 8725 §3.1, RFC 7519 §4.1.
import type { JWTPayload } from 'jose';
import type { JsonObject } from '../verifier/json_object.ts';

/** Of objects and lists in one another; the claims themselves are the first. */
export const mostClaimLevels = 64;

/** Looks no deeper than it has to. */
export const isNestedBeyond = (levels: number, value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((member) => isNestedBeyond(levels - 1, member)));

/** The claims that are text where they are there. */
const textClaims = ['iss', 'sub', 'aud', 'jti', 'client_id', 'scope', 'sid', 'family_id'] as const;

/** Signed by a key of this issuer, unexpired where that counts, and of the shape it gives them. */
export type OwnClaims = JWTPayload & { readonly [name in (typeof textClaims)[number]]?: string } & {
  readonly sub: string;
  readonly exp: number;
};

export const areOwnClaims = (payload: JsonObject): payload is OwnClaims =>
  textClaims.every((name) => payload[name] === undefined || typeof payload[name] === 'string') &&
  payload.sub !== undefined &&
  Number.isSafeInteger(payload.exp) &&
  [payload.iat, payload.nbf].every((instant) => instant === undefined || typeof instant === 'number') &&
  !isNestedBeyond(mostClaimLevels, payload);
