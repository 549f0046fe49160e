// The least a token endpoint on Hono can be: reads nothing, checks nothing, signs the same bytes every time.
import { randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { derToRawSignature } from '../../src/adapters/node_crypto_signer.ts';
import { signingAlgorithms } from '../../src/seams/signer.ts';
import { announce, clientCredentialsTarget, tokenRequest } from '../contender.ts';
import { clientCredentialsName } from '../scenarios/client_credentials.ts';
import { type BenchKey, makeSigningKey } from '../signing_key.ts';

const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The header and claims that Keyturn signs, made once. */
const signingInputOf = ({ alg, kid }: BenchKey, issuer: string): string => {
  const { clientId, scope, lifetimeSeconds, resourceOf } = tokenRequest;
  const issuedAt = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    sub: clientId,
    aud: resourceOf(alg),
    exp: issuedAt + lifetimeSeconds,
    iat: issuedAt,
    jti: randomUUID(),
    client_id: clientId,
    scope: scope.join(' '),
  };
  return `${segment({ alg, typ: 'at+jwt', kid })}.${segment(claims)}`;
};

const signToken = ({ alg, privateKey }: BenchKey, signingInput: string): string => {
  const signature = sign('sha256', Buffer.from(signingInput), privateKey);
  const raw = alg === 'ES256' ? derToRawSignature(signature) : signature;
  return `${signingInput}.${Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('base64url')}`;
};

const app = new Hono();
const server = createAdaptorServer({ fetch: app.fetch }) as Server;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const keys = await Promise.all(signingAlgorithms.map(makeSigningKey));
for (const key of keys) {
  const signingInput = signingInputOf(key, issuer);
  app.post(`/token/${key.alg}`, (context) =>
    context.json({
      access_token: signToken(key, signingInput),
      token_type: 'Bearer',
      expires_in: tokenRequest.lifetimeSeconds,
      scope: tokenRequest.scope.join(' '),
    }),
  );
}
app.get('/jwks', (context) => context.json({ keys: keys.map((key) => key.publicJwk) }));

const tokens = signingAlgorithms.map((alg) => [
  clientCredentialsName(alg),
  clientCredentialsTarget(`${issuer}/token/${alg}`, alg, 'any secret, for none is read, of 43 chars.'),
]);
announce({ pid: process.pid, issuer, jwksUri: `${issuer}/jwks`, targets: Object.fromEntries(tokens) });
