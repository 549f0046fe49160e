// Checks tokens this issuer signed, with the keys in memory: for userinfo, introspection, revocation and hints.
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import type { Provider } from '../provider.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { decodeBase64url } from '../verifier/base64url.ts';
import type { TokenType } from './jws.ts';
import { areOwnClaims, type OwnClaims } from './own_claims.ts';

type VerificationKey = Awaited<ReturnType<typeof importJWK>>;

const imported = new Map<string, Promise<VerificationKey>>();

const importOnce = ({ kid, alg, publicJwk }: SigningKeyRecord): Promise<VerificationKey> => {
  const known = imported.get(kid) ?? importJWK(publicJwk, alg);
  imported.set(kid, known);
  return known;
};

export interface VerifyOwnOptions {
  readonly typ: TokenType;
  /** Accepts a token past its `exp`, as a hint may be. */
  readonly expiredToo?: boolean;
}

/** Of what is not signed, the signature; jose takes it padded, with spaces and with spare bits set, too. RFC 7515 §2. */
const isSignatureStrict = (token: string): boolean =>
  decodeBase64url(token.slice(token.lastIndexOf('.') + 1)) !== undefined;

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
    if (!isSignatureStrict(token)) return undefined;
    const { kid } = decodeProtectedHeader(token);
    const key = keyRing.keys.find((candidate) => candidate.kid === kid && candidate.revokedAt === null);
    if (key === undefined) return undefined;
    const { payload } = await jwtVerify(token, await importOnce(key), {
      algorithms: [key.alg],
      issuer: config.issuer,
      typ,
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date((expiredToo ? 0 : clock.now()) * 1000),
    });
    return areOwnClaims(payload) ? payload : undefined;
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
