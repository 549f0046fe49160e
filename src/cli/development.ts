// What `npm start` adds on a loopback issuer: a first resource and client where there are none, and a walk to paste.
import { generateClientSecret, hashClientSecret } from '../client_authentication/client_secret.ts';
import type { Provider } from '../provider.ts';

const firstResource = 'https://api.example.com';
const firstClient = 'first-client';
const scope = ['read', 'write'];

/** @returns the secret of the first client; undefined when clients or resources were there already. */
const makeFirstClient = async ({ store, clock, config }: Provider): Promise<string | undefined> => {
  const [clients, resources] = [await store.listClients(), await store.listResources()];
  if (clients.length > 0 || resources.length > 0) return undefined;
  const now = clock.now();
  await store.addResource({
    resource: firstResource,
    scope,
    accessTokenSeconds: config.accessTokenSeconds,
    accessTokenSigningAlg: 'ES256',
    claims: {},
    createdAt: now,
  });
  const secret = generateClientSecret();
  const added = await store.addClient({
    clientId: firstClient,
    clientName: 'First client',
    tokenEndpointAuthMethod: 'client_secret_basic',
    grantTypes: ['client_credentials'],
    redirectUris: [],
    scope,
    resources: [firstResource],
    clientSecretSha256: hashClientSecret(secret),
    previousClientSecretSha256: null,
    previousClientSecretExpiresAt: null,
    clientIdIssuedAt: now,
  });
  return added ? secret : undefined;
};

const walk = (issuer: string, secret: string): string => `
Get a token, keep the key set, and verify offline. Paste into a second terminal, in this folder:

TOKEN=$(curl -s ${issuer}/token -u '${firstClient}:${secret}' -d grant_type=client_credentials \\
  | node -pe 'JSON.parse(fs.readFileSync(0)).access_token')
curl -s ${issuer}/.well-known/jwks.json > /tmp/jwks.json
node --input-type=module - "$TOKEN" <<'END'
import { readFileSync } from 'node:fs';
import { createLocalJWKSet, jwtVerify } from 'jose';
const keys = createLocalJWKSet(JSON.parse(readFileSync('/tmp/jwks.json', 'utf8')));
const { payload, protectedHeader } = await jwtVerify(process.argv[2], keys, {
  issuer: '${issuer}',
  audience: '${firstResource}',
  typ: 'at+jwt',
});
console.log(protectedHeader, payload);
END
`;

const secondStart = `
The first client is there already; its secret was shown once and is kept only as a hash. For another:

  npx keyturn clients rotate-secret ${firstClient}
`;

/** Makes what is missing and changes nothing else. @returns what to print. */
export const prepareDevelopment = async (provider: Provider): Promise<string> => {
  const { issuer } = provider.config;
  const secret = await makeFirstClient(provider);
  const steps = secret === undefined ? secondStart : walk(issuer, secret);
  return `\nKeyturn serves ${issuer}\nA page to look at: ${issuer}/\n${steps}\n`;
};
