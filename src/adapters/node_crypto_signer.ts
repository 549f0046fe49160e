// Signs with node:crypto. ES256 in batches on the main thread, out of reach of a busy thread pool; RS256, which costs ten
// times as much, on the pool. A bare KeyObject and our own DER conversion: `dsaEncoding` is the slow path in OpenSSL's binding.
import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import type { JWK } from 'jose';
import type { Signer, SignerFactory, SigningAlgorithm } from '../seams/signer.ts';

const es256CoordinateBytes = 32;

/** Copies one DER INTEGER, which may have a leading zero or be short, right-aligned into 32 bytes. */
const copyInteger = (der: Uint8Array, start: number, length: number, target: Uint8Array, end: number): void => {
  const skipped = Math.max(0, length - es256CoordinateBytes);
  target.set(der.subarray(start + skipped, start + length), end - (length - skipped));
};

/**
 * @param der - ECDSA-Sig-Value of a P-256 signature: SEQUENCE { INTEGER r, INTEGER s }, as OpenSSL writes it.
 * @returns R || S, 64 bytes. @see RFC 7518 §3.4 https://www.rfc-editor.org/rfc/rfc7518#section-3.4
 */
export const derToRawSignature = (der: Uint8Array): Uint8Array => {
  const raw = new Uint8Array(2 * es256CoordinateBytes);
  const rLength = der[3] as number;
  const sLength = der[5 + rLength] as number;
  copyInteger(der, 4, rLength, raw, es256CoordinateBytes);
  copyInteger(der, 6 + rLength, sLength, raw, 2 * es256CoordinateBytes);
  return raw;
};

interface Waiting {
  readonly signingInput: string;
  readonly resolve: (signature: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

const createEs256Sign = (key: KeyObject): Signer['sign'] => {
  let waiting: Waiting[] = [];
  const signAll = (): void => {
    const batch = waiting;
    waiting = [];
    for (const { signingInput, resolve, reject } of batch) {
      try {
        resolve(derToRawSignature(sign('sha256', Buffer.from(signingInput), key)));
      } catch (error) {
        reject(error);
      }
    }
  };
  return (signingInput) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ signingInput, resolve, reject }) === 1) setImmediate(signAll);
    });
};

const createRs256Sign =
  (key: KeyObject): Signer['sign'] =>
  (signingInput) =>
    new Promise((resolve, reject) => {
      sign('sha256', Buffer.from(signingInput), key, (error, signature) =>
        error === null ? resolve(signature) : reject(error),
      );
    });

const createSign: Readonly<Record<SigningAlgorithm, (key: KeyObject) => Signer['sign']>> = {
  ES256: createEs256Sign,
  RS256: createRs256Sign,
};

export const nodeCryptoSigners: SignerFactory = {
  open: async (privateJwk: JWK) => {
    const { kid, alg } = privateJwk as { kid: string; alg: SigningAlgorithm };
    return { kid, alg, sign: createSign[alg](createPrivateKey({ key: privateJwk, format: 'jwk' })) };
  },
};
