// Which members of a key set are keys we verify with: public, for signatures, of a type we know and not weak. RFC 7517 §4,
// RFC 7518 §6.
import { decodeBase64url } from './base64url.ts';
import { isJsonObject, type JsonObject } from './json_object.ts';
import type { VerificationAlgorithm } from './verification_key.ts';
import { weaknessOfRsaKey } from './weak_rsa_key.ts';

/** The members that make the key, and no others: what an importer does not get it cannot trip over. */
export type KeyMaterial =
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string };

export interface PublicJwk {
  readonly kid: string;
  readonly alg: VerificationAlgorithm;
  readonly material: KeyMaterial;
}

/** Not one of ours to use; `because` says why, for whoever asks why a kid is unknown. */
export interface UnusableJwk {
  readonly because: string;
}

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;
const coordinateBytes = 32;

const bytesOf = (value: unknown): Uint8Array | undefined =>
  typeof value === 'string' && value !== '' ? decodeBase64url(value) : undefined;

const readEc = ({ crv, x, y }: JsonObject): KeyMaterial | UnusableJwk => {
  if (crv !== 'P-256') return { because: 'its curve is not P-256' };
  if (bytesOf(x)?.length !== coordinateBytes || bytesOf(y)?.length !== coordinateBytes)
    return { because: `its x or y is not ${coordinateBytes} bytes in base64url` };
  // Checked just above to be strings.
  return { kty: 'EC', crv, x: x as string, y: y as string };
};

const readRsa = ({ n, e }: JsonObject): KeyMaterial | UnusableJwk => {
  const modulus = bytesOf(n);
  const publicExponent = bytesOf(e);
  if (modulus === undefined || publicExponent === undefined) return { because: 'its n or e is not base64url' };
  const weakness = weaknessOfRsaKey(modulus, publicExponent);
  if (weakness !== undefined) return { because: weakness };
  // Checked just above to be strings.
  return { kty: 'RSA', n: n as string, e: e as string };
};

/** The one algorithm a type of key has here. */
const keyTypes: Readonly<
  Record<string, { readonly alg: VerificationAlgorithm; readonly read: (jwk: JsonObject) => KeyMaterial | UnusableJwk }>
> = {
  EC: { alg: 'ES256', read: readEc },
  RSA: { alg: 'RS256', read: readRsa },
};

const isForSignatures = ({ use, key_ops }: JsonObject): boolean =>
  (use === undefined || use === 'sig') &&
  (key_ops === undefined || (Array.isArray(key_ops) && key_ops.includes('verify')));

/** @param jwk - one member of `keys`; anything at all. */
export const readPublicJwk = (jwk: unknown): PublicJwk | UnusableJwk => {
  if (!isJsonObject(jwk)) return { because: 'it is not an object' };
  const { kty, kid, alg } = jwk;
  if (typeof kid !== 'string' || kid === '') return { because: 'it has no kid' };
  const keyType = typeof kty === 'string' && Object.hasOwn(keyTypes, kty) ? keyTypes[kty] : undefined;
  if (keyType === undefined) return { because: 'its kty is not EC or RSA' };
  if (alg !== undefined && alg !== keyType.alg) return { because: `its alg is not ${keyType.alg}` };
  if (!isForSignatures(jwk)) return { because: 'its use or key_ops is not to verify signatures' };
  if (privateMembers.some((member) => Object.hasOwn(jwk, member)))
    return { because: 'its private half was published, so anyone could have signed' };
  const material = keyType.read(jwk);
  return 'because' in material ? material : { kid, alg: keyType.alg, material };
};
