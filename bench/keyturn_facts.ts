// What Keyturn's database holds before the bench, and what can be asked of a Keyturn that serves it.
import { randomUUID } from 'node:crypto';
import { openBetterSqlite3 } from '../src/adapters/better_sqlite3_store.ts';
import { systemClock } from '../src/adapters/system_clock.ts';
import { generateClientSecret, hashClientSecret } from '../src/client_authentication/client_secret.ts';
import { clientDefaults } from '../src/seams/client_store.ts';
import { signingAlgorithms } from '../src/seams/signer.ts';
import type { Store } from '../src/seams/store.ts';
import { hashOpaque, makeOpaque } from '../src/tokens/opaque.ts';
import { basicOf, type Contender, clientCredentialsTarget, formTarget, tokenRequest } from './contender.ts';
import { authorizationUrlOf, codeFlowName, relyingParty, runCodeFlow } from './flows/code.ts';
import type { CodeFlow } from './flows/flow.ts';
import { refreshName } from './flows/refresh.ts';
import { createSend } from './flows/send.ts';
import { clientCredentialsName } from './scenarios/client_credentials.ts';
import { introspectionNames } from './scenarios/introspection.ts';
import { jwksName } from './scenarios/jwks.ts';

/** How many requests of a flow are under way at once. */
export const flowWorkers = 16;

export interface KeyturnFacts {
  /** Of both clients. */
  readonly secret: string;
  /** The value of the session cookie of a browser that is signed in. */
  readonly session: string;
}

export const storedUser = (username: string, passwordHash: string | null) => {
  const now = systemClock.now();
  return {
    sub: randomUUID(),
    username,
    email: null,
    emailVerified: false,
    passwordHash,
    passwordChangedAt: null,
    claims: {},
    roles: [],
    lockedAt: null,
    createdAt: now,
    updatedAt: now,
  };
};

const addSignedInUser = async (store: Store): Promise<string> => {
  const now = systemClock.now();
  const user = storedUser('bench-user', null);
  const session = makeOpaque();
  await store.addUser(user);
  await store.addSession(
    {
      sessionHash: hashOpaque(session),
      sid: randomUUID(),
      sub: user.sub,
      browserHash: hashOpaque(makeOpaque()),
      authTime: now,
      amr: ['pwd'],
      acr: '1',
      userAgent: null,
      lastSeenAt: now,
      expiresAt: now + 86400,
      endedAt: null,
    },
    null,
  );
  return session;
};

/** @param store - of a new database. */
export const fillStore = async (store: Store): Promise<KeyturnFacts> => {
  const now = systemClock.now();
  const secret = generateClientSecret();
  const { clientId, scope, lifetimeSeconds, resourceOf } = tokenRequest;
  for (const alg of signingAlgorithms)
    await store.addResource({
      resource: resourceOf(alg),
      scope,
      accessTokenSeconds: lifetimeSeconds,
      accessTokenSigningAlg: alg,
      claims: {},
      accessTokenClaims: [],
      statusList: false,
      createdAt: now,
    });
  const shared = { clientSecretSha256: hashClientSecret(secret), clientIdIssuedAt: now } as const;
  await store.addClient({
    ...clientDefaults,
    ...shared,
    clientId,
    grantTypes: ['client_credentials'],
    scope,
    resources: signingAlgorithms.map(resourceOf),
  });
  await store.addClient({
    ...clientDefaults,
    ...shared,
    clientId: relyingParty.clientId,
    grantTypes: ['authorization_code', 'refresh_token'],
    scope: relyingParty.scope,
    resources: [relyingParty.resource],
    redirectUris: [relyingParty.redirectUri],
    firstParty: true,
    idTokenSignedResponseAlg: 'ES256',
  });
  return { secret, session: await addSignedInUser(store) };
};

/** @param path - of a new SQLite file. */
export const fillDatabase = async (path: string): Promise<KeyturnFacts> => {
  const { store } = openBetterSqlite3(path, systemClock);
  const facts = await fillStore(store);
  await store.close();
  return facts;
};

/** @returns what a Keyturn at `issuer` can be asked; codes are redeemed for the tokens it takes. */
export const keyturnContender = async (
  issuer: string,
  pid: number,
  { secret, session }: KeyturnFacts,
): Promise<Contender> => {
  const tokenEndpoint = `${issuer}/token`;
  const authorization = basicOf(relyingParty.clientId, secret);
  const code: CodeFlow = {
    kind: 'code',
    authorizationUrl: authorizationUrlOf(`${issuer}/authorize`),
    cookie: `__Host-keyturn_session=${session}`,
    tokenEndpoint,
    authorization,
  };
  const send = createSend(1);
  const refreshTokens: string[] = [];
  for (let made = 0; made < flowWorkers; made += 1) refreshTokens.push((await runCodeFlow(code, send)).refresh_token);
  const shown = await runCodeFlow(code, send);
  const jwksUri = `${issuer}/.well-known/jwks.json`;
  const tokens = signingAlgorithms.map((alg) => [
    clientCredentialsName(alg),
    clientCredentialsTarget(tokenEndpoint, alg, secret),
  ]);
  const introspected = (token: string) => formTarget(`${issuer}/introspect`, authorization, { token });
  return {
    pid,
    issuer,
    jwksUri,
    targets: {
      ...Object.fromEntries(tokens),
      [jwksName]: { url: jwksUri, method: 'GET', headers: {} },
      [introspectionNames.access]: introspected(shown.access_token),
      [introspectionNames.refresh]: introspected(shown.refresh_token),
    },
    flows: { [codeFlowName]: code, [refreshName]: { kind: 'refresh', tokenEndpoint, authorization, refreshTokens } },
  };
};
