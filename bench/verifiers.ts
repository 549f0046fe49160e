// Who verifies tokens in the bench, each set up as its own documentation has it, with the same checks: signature, iss, aud,
// exp. A new one is an entry here.
import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { JwtVerifier } from 'aws-jwt-verify';
import { createVerifier as createFastJwt } from 'fast-jwt';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { JwksClient } from 'jwks-rsa';
import { rawToDerSignature } from '../src/verifier/node_crypto_key.ts';
import { followStatusLists } from '../src/verifier/status_list_follower.ts';
import type { VerificationAlgorithm } from '../src/verifier/verification_key.ts';
import { createVerifier } from '../src/verifier/verifier.ts';
import type { VerifierOptions } from '../src/verifier/verifier_options.ts';

export interface VerifyScene {
  readonly alg: VerificationAlgorithm;
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
  /** All different, all good, all by `jwk`. */
  readonly tokens: readonly string[];
  readonly jwk: JsonWebKey & { readonly kid: string };
}

/** @returns what verifies the token of that number; it throws, or rejects, when the token is refused. */
export type SetUp = (scene: VerifyScene) => Promise<(at: number) => unknown>;

const tokenAt = ({ tokens }: VerifyScene, at: number): string => tokens[at] ?? '';

const pemOf = ({ jwk }: VerifyScene): string =>
  createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();

const keyturn =
  (options: (scene: VerifyScene) => Partial<VerifierOptions>): SetUp =>
  async (scene) => {
    const { issuer, audience } = scene;
    const verifier = createVerifier({ issuer, audience, ...options(scene) });
    await verifier.ready();
    return (at) => verifier.verify(tokenAt(scene, at));
  };

const fastJwt =
  (cache: boolean): SetUp =>
  async (scene) => {
    const { alg, issuer, audience } = scene;
    const verifyToken = createFastJwt({
      key: pemOf(scene),
      algorithms: [alg],
      allowedIss: issuer,
      allowedAud: audience,
      cache: cache ? scene.tokens.length : false,
    });
    return (at) => verifyToken(tokenAt(scene, at));
  };

export const setUps: Readonly<Record<string, SetUp>> = {
  'crypto.verify': async ({ tokens, jwk, alg }) => {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const parts = tokens.map((token) => {
      const dot = token.lastIndexOf('.');
      const raw = Buffer.from(token.slice(dot + 1), 'base64url');
      return { input: Buffer.from(token.slice(0, dot)), signature: alg === 'ES256' ? rawToDerSignature(raw) : raw };
    });
    return (at) => {
      const { input, signature } = parts[at] as (typeof parts)[0];
      if (!verify('sha256', input, key, signature)) throw new Error('refused');
    };
  },
  keyturn: keyturn(() => ({})),
  'keyturn, status lists': keyturn(() => ({ revocation: followStatusLists() })),
  'keyturn, remembering': keyturn(({ tokens }) => ({ rememberTokens: tokens.length })),
  jose: async (scene) => {
    const { alg, issuer, audience, jwksUri } = scene;
    const keys = createRemoteJWKSet(new URL(jwksUri));
    return (at) => jwtVerify(tokenAt(scene, at), keys, { algorithms: [alg], issuer, audience, typ: 'at+jwt' });
  },
  'fast-jwt': fastJwt(false),
  'fast-jwt, cache': fastJwt(true),
  'jsonwebtoken, jwks-rsa': async (scene) => {
    const { alg, issuer, audience, jwksUri, jwk } = scene;
    const client = new JwksClient({ jwksUri, cache: true });
    return async (at) => {
      const key = await client.getSigningKey(jwk.kid);
      jsonwebtoken.verify(tokenAt(scene, at), key.getPublicKey(), { algorithms: [alg], issuer, audience });
    };
  },
  'aws-jwt-verify': async (scene) => {
    const { issuer, audience, jwksUri, jwk } = scene;
    const verifier = JwtVerifier.create({ issuer, audience, jwksUri });
    // It fetches over HTTPS alone; what it fetched would be this.
    verifier.cacheJwks({ keys: [jwk] } as unknown as Parameters<typeof verifier.cacheJwks>[0]);
    return (at) => verifier.verifySync(tokenAt(scene, at));
  },
};
