// A key pair for the contenders that are not Keyturn.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { SigningAlgorithm } from '../src/seams/signer.ts';

export interface BenchKey {
  readonly alg: SigningAlgorithm;
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly privateJwk: JWK;
  readonly publicJwk: JWK;
}

const pairOf = (alg: SigningAlgorithm) =>
  alg === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 });

export const makeSigningKey = async (alg: SigningAlgorithm): Promise<BenchKey> => {
  const { privateKey, publicKey } = pairOf(alg);
  const publicJwk = publicKey.export({ format: 'jwk' }) as JWK;
  const kid = await calculateJwkThumbprint(publicJwk, 'sha256');
  const registered = { kid, use: 'sig', alg };
  return {
    alg,
    kid,
    privateKey,
    privateJwk: { ...(privateKey.export({ format: 'jwk' }) as JWK), ...registered },
    publicJwk: { ...publicJwk, ...registered },
  };
};
