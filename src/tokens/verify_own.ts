// Checks tokens this issuer signed, with the keys in memory: for userinfo, introspection, revocation and hints.
import { decodeProtectedHeader } from 'jose';
import type { Provider } from '../provider.ts';
import type { NumericDate } from '../seams/clock.ts';
import { parseJsonObject } from '../verifier/json_object.ts';
import type { TokenType } from './jws.ts';
import { areOwnClaims, type OwnClaims } from './own_claims.ts';
import { proveSignature } from './proved_signature.ts';

export interface VerifyOwnOptions {
  readonly typ: TokenType;
  /** Accepts a token past its `exp`, as a hint may be. */
  readonly expiredToo?: boolean;
}

/** RFC 7519 §4.1.4, §4.1.5; without leeway, for the clock is the one it was issued by. */
const isInTime = ({ exp, nbf = 0 }: OwnClaims, now: NumericDate, expiredToo: boolean): boolean =>
  nbf <= now && (expiredToo || now < exp);

/**
 * @returns the claims; undefined when the token is malformed, not ours or not as we make them, of another type, expired, or its key was revoked.
 * @see RFC 8725 §3 https://www.rfc-editor.org/rfc/rfc8725#section-3
 */
export const verifyOwnToken = async (
  token: string,
  { typ, expiredToo = false }: VerifyOwnOptions,
  { keyRing, config, clock }: Pick<Provider, 'keyRing' | 'config' | 'clock'>,
): Promise<OwnClaims | undefined> => {
  try {
    const proved = await proveSignature(token, (kid) =>
      keyRing.keys.find((candidate) => candidate.kid === kid && candidate.revokedAt === null),
    );
    if (proved?.typ !== typ) return undefined;
    const claims = parseJsonObject(proved.payload);
    if (claims === undefined || !areOwnClaims(claims) || claims.iss !== config.issuer) return undefined;
    return isInTime(claims, clock.now(), expiredToo) ? claims : undefined;
  } catch {
    return undefined;
  }
};

/** Whether a key that was revoked is said to have signed a token: then it proves nothing, though it may well be ours. */
export const namesRevokedKey = (token: string, { keyRing }: Pick<Provider, 'keyRing'>): boolean => {
  try {
    const { kid } = decodeProtectedHeader(token);
    return keyRing.keys.some((candidate) => candidate.kid === kid && candidate.revokedAt !== null);
  } catch {
    return false;
  }
};
