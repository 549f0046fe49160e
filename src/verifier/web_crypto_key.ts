// Verifies with jose on WebCrypto, where node:crypto is not or is not faster: Workers, Bun, Deno, browsers.
import { compactVerify, errors, importJWK } from 'jose';
import type { PublicJwk } from './public_jwk.ts';
import type { VerificationKey } from './verification_key.ts';

export const openWebKey = async ({ kid, alg, material }: PublicJwk): Promise<VerificationKey> => {
  const key = await importJWK({ ...material }, alg);
  const options = { algorithms: [alg] };
  return {
    kid,
    alg,
    verify: async ({ token }) => {
      try {
        await compactVerify(token, key, options);
        return true;
      } catch (error) {
        if (error instanceof errors.JWSSignatureVerificationFailed) return false;
        throw error;
      }
    },
  };
};
