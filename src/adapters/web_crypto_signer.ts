// Signs with WebCrypto, which every runtime has. Its ES256 signatures are R || S already. RFC 7518 §3.4.
import type { JWK } from 'jose';
import type { SignerFactory, SigningAlgorithm } from '../seams/signer.ts';

const algorithms = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
} as const satisfies Record<SigningAlgorithm, object>;

const encoder = new TextEncoder();

export const webCryptoSigners: SignerFactory = {
  open: async (privateJwk: JWK) => {
    const { kid, alg } = privateJwk as { kid: string; alg: SigningAlgorithm };
    const algorithm = algorithms[alg];
    // `use` and `key_ops` of the row are for verifiers; WebCrypto would hold them against what is asked here.
    const { use: _use, key_ops: _keyOps, ...bare } = privateJwk as JWK & { kty: string };
    const key = await crypto.subtle.importKey('jwk', bare, algorithm, false, ['sign']);
    return {
      kid,
      alg,
      sign: async (signingInput) =>
        new Uint8Array(await crypto.subtle.sign(algorithm, key, encoder.encode(signingInput))),
    };
  },
};
