// What `npm start` adds on a loopback issuer: a first resource and client where there are none, somebody to sign in as
// where there is nobody, an application to sign in to, and a walk to paste.
import { randomBytes, randomUUID } from 'node:crypto';
import { generateClientSecret, hashClientSecret } from '../client_authentication/client_secret.ts';
import { demoCallbackPath, demoClientId, demoPath, demoScope } from '../endpoints/demo.ts';
import type { Provider } from '../provider.ts';
import type { AdministeredStore } from '../seams/administered_store.ts';
import { type Client, clientDefaults } from '../seams/client_store.ts';

/** Where it is prepared: in this process's store, or in that of an issuer elsewhere. */
export interface Development extends Pick<Provider, 'clock' | 'config' | 'passwordHasher'> {
  readonly store: AdministeredStore;
}

const firstResource = 'https://api.example.com';
const firstClient = 'first-client';
const scope = ['read', 'write'];

/** @returns the secret of the first client; undefined when clients or resources were there already. */
const makeFirstClient = async ({ store, clock, config }: Development): Promise<string | undefined> => {
  const [clients, resources] = [await store.listClients(), await store.listResources()];
  if (clients.length > 0 || resources.length > 0) return undefined;
  const now = clock.now();
  await store.addResource({
    resource: firstResource,
    scope,
    accessTokenSeconds: config.accessTokenSeconds,
    accessTokenSigningAlg: 'ES256',
    claims: {},
    accessTokenClaims: ['roles'],
    statusList: false,
    createdAt: now,
  });
  const secret = generateClientSecret();
  const added = await store.addClient({
    ...clientDefaults,
    clientId: firstClient,
    clientName: 'First client',
    grantTypes: ['client_credentials'],
    scope,
    resources: [firstResource],
    clientSecretSha256: hashClientSecret(secret),
    clientIdIssuedAt: now,
  });
  return added ? secret : undefined;
};

const demoUser = 'demo';

/** @returns the password of the demo user; undefined when there were users already. */
const makeDemoUser = async ({ store, clock, passwordHasher }: Development): Promise<string | undefined> => {
  if (await store.hasUsers()) return undefined;
  const password = randomBytes(10).toString('hex');
  const now = clock.now();
  const added = await store.addUser({
    sub: randomUUID(),
    username: demoUser,
    email: 'demo@example.com',
    emailVerified: true,
    passwordHash: await passwordHasher.hash(password),
    passwordChangedAt: now,
    claims: { name: 'Demo User' },
    roles: ['reader'],
    lockedAt: null,
    createdAt: now,
    updatedAt: now,
  });
  return added ? password : undefined;
};

/** Public, with PKCE; asks for consent. */
const demoClient = ({ config, clock }: Development): Client => ({
  ...clientDefaults,
  clientId: demoClientId,
  clientName: 'Demo application',
  tokenEndpointAuthMethod: 'none',
  grantTypes: ['authorization_code', 'refresh_token'],
  redirectUris: [config.issuer + demoCallbackPath],
  scope: demoScope,
  resources: [],
  clientSecretSha256: null,
  clientIdIssuedAt: clock.now(),
  idTokenClaims: ['name', 'email', 'roles'],
  postLogoutRedirectUris: [config.issuer + demoPath],
});

/** @returns what to say of the demo; nothing where the users there are do not include its own. */
const prepareDemo = async (development: Development, command: string): Promise<string> => {
  const { store, config } = development;
  const password = await makeDemoUser(development);
  if ((await store.findUserByLogin(demoUser)) === undefined) return '';
  await store.addClient(demoClient(development));
  const open = `open ${config.issuer}${demoPath}, sign in as ${demoUser}`;
  if (password !== undefined) return `\nThen sign in as a person would: ${open} with ${password}\n`;
  return `\nTo sign in as a person would: ${open}. For a new password:\n\n  ${command} users set-password ${demoUser}\n`;
};

/** Of Node alone: whoever has this running has it, and may have no curl. */
const walk = (issuer: string, secret: string): string => `
Get a token, fetch the key set, and verify offline. Paste into a second terminal, in this folder:

node --input-type=module - <<'END'
import { createLocalJWKSet, jwtVerify } from 'jose';
const answer = await fetch('${issuer}/token', {
  method: 'POST',
  headers: { Authorization: 'Basic ' + btoa('${firstClient}:${secret}') },
  body: new URLSearchParams({ grant_type: 'client_credentials' }),
});
const { access_token } = await answer.json();
const jwks = await fetch('${issuer}/.well-known/jwks.json').then((found) => found.json());
// From here on nobody asks the issuer.
const { payload, protectedHeader } = await jwtVerify(access_token, createLocalJWKSet(jwks), {
  issuer: '${issuer}',
  audience: '${firstResource}',
  typ: 'at+jwt',
});
console.log(protectedHeader, payload);
END
`;

const secondStart = (command: string): string => `
The first client is there already; its secret was shown once and is kept only as a hash. For another:

  ${command} clients rotate-secret ${firstClient}
`;

/**
 * Makes what is missing and changes nothing else.
 *
 * @param command - what commands begin with.
 * @returns what to print.
 */
export const prepareDevelopment = async (development: Development, command = 'npx keyturn'): Promise<string> => {
  const { issuer } = development.config;
  const secret = await makeFirstClient(development);
  const steps = secret === undefined ? secondStart(command) : walk(issuer, secret);
  const demo = await prepareDemo(development, command);
  return `\nKeyturn serves ${issuer}\nA page to look at: ${issuer}/\n${steps}${demo}\n`;
};
