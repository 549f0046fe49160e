// npm oidc-provider, configured for the same token, with its default in-memory adapter.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import { signingAlgorithms } from '../../src/seams/signer.ts';
import { announce, clientCredentialsTarget, tokenRequest } from '../contender.ts';
import { clientCredentialsName } from '../scenarios/client_credentials.ts';
import { makeSigningKey } from '../signing_key.ts';

const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const keys = await Promise.all(signingAlgorithms.map(makeSigningKey));
const secret = randomBytes(32).toString('base64url');
const scope = tokenRequest.scope.join(' ');

const resourceServerOf = (resource: string) => ({
  scope,
  audience: resource,
  accessTokenTTL: tokenRequest.lifetimeSeconds,
  accessTokenFormat: 'jwt' as const,
  jwt: { sign: { alg: signingAlgorithms.find((alg) => tokenRequest.resourceOf(alg) === resource) } },
});

const provider = new Provider(issuer, {
  jwks: { keys: keys.map(({ privateJwk }) => privateJwk) },
  scopes: tokenRequest.scope,
  clients: [
    {
      client_id: tokenRequest.clientId,
      client_secret: secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      scope,
      token_endpoint_auth_method: 'client_secret_basic',
    },
  ],
  // Its default for this is an hour, through a function that warns on every start.
  ttl: { ClientCredentials: tokenRequest.lifetimeSeconds },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context: unknown, resource: string) => resourceServerOf(resource),
    },
  },
});
server.on('request', provider.callback());

const tokens = signingAlgorithms.map((alg) => [
  clientCredentialsName(alg),
  clientCredentialsTarget(`${issuer}/token`, alg, secret),
]);
announce({ pid: process.pid, issuer, jwksUri: `${issuer}/jwks`, targets: Object.fromEntries(tokens) });
