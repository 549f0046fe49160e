// Real tokens of a running issuer for the examples: a client's own, and those of people who signed in, one an admin.
import { createHash, randomBytes } from 'node:crypto';
import type { IssuerHere } from '../issuer_here.ts';
import type { Person } from '../issuer_records.ts';
import { createEndUser } from '../relying_parties/end_user.ts';
import { addClient, addResource, basic, registeredSecret } from '../test_provider.ts';

export const audience = 'https://orders.example.com';
const otherAudience = 'https://elsewhere.example.com';
const redirectUri = 'http://localhost/callback';

/** The resource with its scopes, whose tokens have the roles of whoever signed in, and the clients. */
export const register = async ({
  store,
  addClient: addPublicClient,
}: Pick<IssuerHere, 'store' | 'addClient'>): Promise<void> => {
  await addResource(store, { resource: audience, accessTokenClaims: ['roles'] });
  await addResource(store, { resource: otherAudience });
  await addClient(store, 'billing', { resources: [audience, otherAudience] });
  const scope = ['openid', 'read'];
  await addPublicClient('shop', { redirectUris: [redirectUri], scope, resources: [audience] });
};

interface Granted {
  readonly access_token: string;
}

const post = async (issuer: string, form: Readonly<Record<string, string>>, headers = {}): Promise<string> => {
  const response = await fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams(form), headers });
  if (response.status !== 200)
    throw new Error(`the token endpoint answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as Granted).access_token;
};

/** By client_credentials. */
export const clientToken = (issuer: string, resource = audience, scope = 'read'): Promise<string> =>
  post(
    issuer,
    { grant_type: 'client_credentials', resource, scope },
    { Authorization: basic('billing', registeredSecret) },
  );

export const tokenForElsewhere = (issuer: string): Promise<string> => clientToken(issuer, otherAudience);

/** By the code flow with PKCE, every page of it. */
export const personToken = async (issuer: string, person: Person): Promise<string> => {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    ...{ client_id: 'shop', redirect_uri: redirectUri, response_type: 'code', scope: 'openid read', state: 's' },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: audience,
  });
  const { url } = await createEndUser(issuer, person).open(`${issuer}/authorize?${query}`);
  const code = url.searchParams.get('code') ?? '';
  return post(issuer, {
    ...{ grant_type: 'authorization_code', client_id: 'shop', redirect_uri: redirectUri },
    ...{ code, code_verifier: verifier, resource: audience },
  });
};
