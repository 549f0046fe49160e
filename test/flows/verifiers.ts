// Libraries that services verify tokens with, each set up as such a service would.
import { createPublicKey } from 'node:crypto';
import { createVerifier } from 'fast-jwt';
import { createRemoteJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { JwksClient } from 'jwks-rsa';
import type { SigningAlgorithm } from '../../src/seams/signer.ts';

export interface Token {
  readonly text: string;
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly audience: string;
  readonly iat: number;
  readonly exp: number;
}

/** A library as a service would use it. @throws when it refuses the token at that time. */
export interface Verifier {
  readonly name: string;
  verify(token: Token, atSeconds: number): Promise<unknown>;
}

export interface Issuer {
  readonly issuer: string;
  readonly jwksUri: string;
  /** How long a library may keep the key set: no longer than V. */
  readonly cacheMilliseconds: number;
}

export const joseVerifier = ({ issuer, jwksUri, cacheMilliseconds }: Issuer): Verifier => {
  const keys = createRemoteJWKSet(new URL(jwksUri), { cacheMaxAge: cacheMilliseconds });
  return {
    name: 'jose',
    verify: ({ text, audience }, at) =>
      jwtVerify(text, keys, {
        issuer,
        audience,
        typ: 'at+jwt',
        currentDate: new Date(at * 1000),
      }),
  };
};

export const jwksRsaVerifier = ({ issuer, jwksUri, cacheMilliseconds }: Issuer): Verifier => {
  const client = new JwksClient({ jwksUri, cache: true, cacheMaxAge: cacheMilliseconds });
  return {
    name: 'jwks-rsa and jsonwebtoken',
    verify: async ({ text, kid, alg, audience }, at) => {
      const key = await client.getSigningKey(kid);
      const options = { algorithms: [alg], issuer, audience, clockTimestamp: Math.floor(at) };
      return jsonwebtoken.verify(text, key.getPublicKey(), options);
    },
  };
};

/** fast-jwt with a key set that is kept for as long as its Cache-Control allows and not a moment longer. */
export const fastJwtVerifier = ({ issuer, jwksUri }: Issuer): Verifier => {
  let kept: { readonly keys: JSONWebKeySet['keys']; readonly until: number } | undefined;
  const keySet = async () => {
    if (kept !== undefined && Date.now() < kept.until) return kept.keys;
    const asked = Date.now();
    const response = await fetch(jwksUri);
    const maxAge = /max-age=(\d+)/.exec(response.headers.get('Cache-Control') ?? '')?.[1] ?? '0';
    const { keys } = (await response.json()) as JSONWebKeySet;
    kept = { keys, until: asked + Number(maxAge) * 1000 };
    return keys;
  };
  const pemOf = async ({ header }: { readonly header: { readonly kid?: string } }): Promise<string> => {
    const jwk = (await keySet()).find((key) => key.kid === header.kid);
    if (jwk === undefined) throw new Error(`no key ${header.kid} in the key set`);
    return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
  };
  return {
    name: 'fast-jwt',
    verify: ({ text, alg, audience }, at) =>
      createVerifier({
        key: pemOf,
        algorithms: [alg],
        allowedIss: issuer,
        allowedAud: audience,
        clockTimestamp: at * 1000,
      })(text),
  };
};
