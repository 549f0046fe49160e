// Keys and tokens for the verifier's tests: any header, any payload, signed for real.
import { createHash, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import { type JsonWebKeySet, keysFromSet } from '../../src/verifier/keys_from_set.ts';
import { TokenError, type TokenErrorCode } from '../../src/verifier/token_error.ts';
import type { VerificationAlgorithm } from '../../src/verifier/verification_key.ts';
import { createVerifier, type Verifier } from '../../src/verifier/verifier.ts';
import type { VerifierOptions } from '../../src/verifier/verifier_options.ts';

export const issuer = 'https://id.example.com';
export const audience = 'https://api.example.com';
/** What the injected clock shows. */
export const now = 1_800_000_000;

export interface TestKey {
  readonly kid: string;
  readonly alg: VerificationAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicJwk: JsonWebKey & { readonly kid: string };
}

const pairOf = (alg: VerificationAlgorithm) =>
  alg === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 });

export const makeKey = (alg: VerificationAlgorithm, kid?: string): TestKey => {
  const { privateKey } = pairOf(alg);
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
  const name = kid ?? createHash('sha256').update(JSON.stringify(jwk)).digest('base64url');
  return { kid: name, alg, privateKey, publicJwk: { ...jwk, kid: name, use: 'sig', alg } };
};

export const jwkSet = (...keys: readonly TestKey[]): JsonWebKeySet => ({
  keys: keys.map(({ publicJwk }) => publicJwk),
});

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)).toString(
    'base64url',
  );

/** @returns R || S for ES256. */
export const signatureOf = (signingInput: string, { alg, privateKey }: TestKey): Buffer =>
  sign(
    'sha256',
    Buffer.from(signingInput),
    alg === 'ES256' ? { key: privateKey, dsaEncoding: 'ieee-p1363' } : privateKey,
  );

/** @param header - JSON text, or what becomes it. */
export const signRaw = (header: unknown, payload: unknown, key: TestKey): string => {
  const signingInput = `${encode(header)}.${encode(payload)}`;
  return `${signingInput}.${signatureOf(signingInput, key).toString('base64url')}`;
};

export const headerOf = ({ alg, kid }: TestKey) => ({ alg, typ: 'at+jwt', kid });

export const goodClaims = {
  iss: issuer,
  sub: 'alice',
  aud: audience,
  exp: now + 600,
  iat: now,
  jti: 'token-1',
  client_id: 'app',
  scope: 'read write',
};

/** @param claims - on top of good ones; undefined takes one away. */
export const makeToken = (key: TestKey, claims: object = {}, header: object = {}): string =>
  signRaw({ ...headerOf(key), ...header }, { ...goodClaims, ...claims }, key);

export const verifierFor = (keys: readonly TestKey[], options: Partial<VerifierOptions> = {}): Verifier =>
  createVerifier({ issuer, audience, keys: keysFromSet(jwkSet(...keys)), clock: { now: () => now }, ...options });

/** @returns the code a token is refused with. @throws when it is not refused, or with anything but a TokenError. */
export const refusalOf = async (verified: Promise<unknown>): Promise<TokenErrorCode> => {
  try {
    await verified;
  } catch (error) {
    if (error instanceof TokenError) return error.code;
    throw error;
  }
  throw new Error('It was accepted.');
};
