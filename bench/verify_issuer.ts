// An issuer for the verifiers' bench: a key set, a status list where nobody is revoked, and tokens that have a place in it.
import { generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateSync } from 'node:zlib';
import type { VerificationAlgorithm } from '../src/verifier/verification_key.ts';
import type { VerifyScene } from './verifiers.ts';

const audience = 'https://api.example.com';
const tokenSeconds = 3600;
const listPlaces = 1 << 20;

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export interface BenchIssuer {
  readonly scene: VerifyScene;
  readonly server: Server;
}

export const startBenchIssuer = async (alg: VerificationAlgorithm, tokenCount: number): Promise<BenchIssuer> => {
  const { privateKey, publicKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = randomBytes(32).toString('base64url');
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
  const signed = (typ: string, claims: object): string => {
    const input = `${encode({ alg, typ, kid })}.${encode(claims)}`;
    const options = alg === 'ES256' ? ({ key: privateKey, dsaEncoding: 'ieee-p1363' } as const) : privateKey;
    return `${input}.${sign('sha256', Buffer.from(input), options).toString('base64url')}`;
  };
  const lst = deflateSync(Buffer.alloc(listPlaces / 8)).toString('base64url');
  const server = createServer((request, response) => {
    const iat = Math.floor(Date.now() / 1000);
    const list = `${issuer}/status-lists/1`;
    if (request.url === '/.well-known/jwks.json')
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=300' }).end(keySet);
    else if (request.url === '/status-lists')
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ status_lists: [list] }));
    else
      response
        .writeHead(200, { 'content-type': 'application/statuslist+jwt' })
        .end(signed('statuslist+jwt', { sub: list, iat, exp: iat + 600, ttl: 30, status_list: { bits: 1, lst } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keySet = JSON.stringify({ keys: [jwk] });
  const iat = Math.floor(Date.now() / 1000);
  const tokens = Array.from({ length: tokenCount }, (_, index) =>
    signed('at+jwt', {
      iss: issuer,
      sub: randomUUID(),
      aud: audience,
      exp: iat + tokenSeconds,
      iat,
      jti: randomUUID(),
      client_id: 'service-a',
      scope: 'orders:read orders:write',
      roles: ['support'],
      status: { status_list: { idx: (index * 7919) % listPlaces, uri: `${issuer}/status-lists/1` } },
    }),
  );
  return { scene: { alg, issuer, audience, jwksUri: `${issuer}/.well-known/jwks.json`, tokens, jwk }, server };
};
