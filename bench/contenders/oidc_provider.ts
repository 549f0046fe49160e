// npm oidc-provider, configured for the same tokens, on a SQLite file with the durability Keyturn has. Its clients are in
// the adapter, where they can be changed while it runs, as Keyturn's can.
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Provider } from 'oidc-provider';
import { signingAlgorithms } from '../../src/seams/signer.ts';
import { announce, basicOf, clientCredentialsTarget, formTarget, tokenRequest } from '../contender.ts';
import { authorizationUrlOf, codeFlowName, relyingParty, runCodeFlow } from '../flows/code.ts';
import type { CodeFlow, TokenAnswer } from '../flows/flow.ts';
import { refreshName } from '../flows/refresh.ts';
import { createSend } from '../flows/send.ts';
import { flowWorkers } from '../keyturn_facts.ts';
import { benchFolder } from '../keyturn_process.ts';
import { clientCredentialsName } from '../scenarios/client_credentials.ts';
import { introspectionNames } from '../scenarios/introspection.ts';
import { makeSigningKey } from '../signing_key.ts';
import { createSqliteAdapter } from './oidc_provider_adapter.ts';
import { signInBrowser } from './oidc_provider_browser.ts';

const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const keys = await Promise.all(signingAlgorithms.map(makeSigningKey));
const secret = randomBytes(32).toString('base64url');
const scope = tokenRequest.scope.join(' ');
const accountId = randomUUID();
const day = 86400;

const resourceServerOf = (resource: string) => ({
  scope,
  audience: resource,
  accessTokenTTL: tokenRequest.lifetimeSeconds,
  accessTokenFormat: 'jwt' as const,
  jwt: { sign: { alg: signingAlgorithms.find((alg) => tokenRequest.resourceOf(alg) === resource) } },
});

const adapter = createSqliteAdapter(join(benchFolder(), 'oidc_provider.sqlite'));
const shared = { client_secret: secret, token_endpoint_auth_method: 'client_secret_basic' };
const clients = [
  {
    ...shared,
    client_id: tokenRequest.clientId,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    scope,
  },
  {
    ...shared,
    client_id: relyingParty.clientId,
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [relyingParty.redirectUri],
    response_types: ['code'],
    scope: relyingParty.scope.join(' '),
    id_token_signed_response_alg: 'ES256',
  },
];
for (const client of clients) await adapter('Client').upsert(client.client_id, client);

/** What the bench uses of its Grant. */
interface Grant {
  addOIDCScope(scope: string): void;
  addResourceScope(resource: string, scope: string): void;
  save(): Promise<string>;
}
interface Asked {
  readonly oidc: {
    readonly client: { readonly clientId: string };
    readonly session: { grantIdFor(clientId: string): string | undefined; readonly accountId: string };
    readonly provider: {
      readonly Grant: (new (facts: object) => Grant) & { find(id: string): Promise<Grant | undefined> };
    };
  };
}

const provider = new Provider(issuer, {
  adapter,
  jwks: { keys: keys.map(({ privateJwk }) => privateJwk) },
  scopes: ['openid', ...tokenRequest.scope],
  findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
  // As its documentation has it for first-party clients: granted without being asked for.
  loadExistingGrant: async ({ oidc }: Asked) => {
    const { clientId } = oidc.client;
    const known = oidc.session.grantIdFor(clientId);
    if (known !== undefined) return oidc.provider.Grant.find(known);
    const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope(relyingParty.scope.join(' '));
    grant.addResourceScope(relyingParty.resource, scope);
    await grant.save();
    return grant;
  },
  issueRefreshToken: () => true,
  rotateRefreshToken: () => true,
  pkce: { required: () => true },
  // Its defaults for these are functions that warn on every start.
  ttl: {
    AccessToken: tokenRequest.lifetimeSeconds,
    ClientCredentials: tokenRequest.lifetimeSeconds,
    AuthorizationCode: 60,
    Grant: 14 * day,
    IdToken: 3600,
    Interaction: 3600,
    RefreshToken: 14 * day,
    Session: 14 * day,
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context: unknown, resource: string) => resourceServerOf(resource),
      useGrantedResource: () => true,
    },
  },
  interactions: { url: () => '/interaction' },
});

const answer = provider.callback();
server.on('request', (request: IncomingMessage, response: ServerResponse) => {
  if (request.url?.startsWith('/interaction') !== true) return answer(request, response);
  return provider.interactionFinished(request, response, { login: { accountId } });
});

const tokenEndpoint = `${issuer}/token`;
const authorization = basicOf(relyingParty.clientId, secret);
const authorizationUrl = authorizationUrlOf(`${issuer}/auth`);
const code: CodeFlow = {
  kind: 'code',
  authorizationUrl,
  cookie: await signInBrowser(authorizationUrl),
  tokenEndpoint,
  authorization,
};
const send = createSend(1);
const refreshTokens: string[] = [];
for (let made = 0; made <= flowWorkers; made += 1) refreshTokens.push((await runCodeFlow(code, send)).refresh_token);

/** Without a resource it gives an opaque one, which is the only kind it introspects. */
const opaque = formTarget(tokenEndpoint, basicOf(tokenRequest.clientId, secret), { grant_type: 'client_credentials' });
const { access_token } = JSON.parse((await send(opaque)).body) as TokenAnswer;
const introspected = (token: string) => formTarget(`${issuer}/token/introspection`, authorization, { token });

const tokens = signingAlgorithms.map((alg) => [
  clientCredentialsName(alg),
  clientCredentialsTarget(tokenEndpoint, alg, secret),
]);
announce({
  pid: process.pid,
  issuer,
  jwksUri: `${issuer}/jwks`,
  targets: {
    ...Object.fromEntries(tokens),
    [introspectionNames.access]: introspected(access_token),
    [introspectionNames.refresh]: introspected(refreshTokens.pop() as string),
  },
  flows: { [codeFlowName]: code, [refreshName]: { kind: 'refresh', tokenEndpoint, authorization, refreshTokens } },
});
