import { createHash } from 'node:crypto';
import {
  type AuthorizationServer,
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  type Client,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  calculatePKCECodeChallenge,
  discoveryRequest,
  generateRandomCodeVerifier,
  generateRandomNonce,
  generateRandomState,
  getValidatedIdTokenClaims,
  introspectionRequest,
  None,
  processAuthorizationCodeResponse,
  processDiscoveryResponse,
  processIntrospectionResponse,
  processRefreshTokenResponse,
  processRevocationResponse,
  processUserInfoResponse,
  refreshTokenGrantRequest,
  revocationRequest,
  type TokenEndpointResponse,
  userInfoRequest,
  validateApplicationLevelSignature,
  validateAuthResponse,
  validateJwtAccessToken,
} from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type IssuerHere, openIssuer } from '../issuer_here.ts';
import type { Person } from '../issuer_records.ts';
import { processTestMilliseconds } from '../running_server.ts';
import { createEndUser, type EndUser, type Journey } from './end_user.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

const redirectUri = 'https://ledger.example/callback?tenant=7';
const postLogoutRedirectUri = 'https://ledger.example/out?from=issuer';
const clientSecret = 'a secret with / + % : & characters, urlencoded';
const api = 'https://api.ledger.example';
const loopback = { [allowInsecureRequests]: true } as const;

interface RelyingParty {
  readonly client: Client;
  readonly authentication: ClientAuth;
  readonly as: AuthorizationServer;
}

let server: IssuerHere;
let ada: Person;

beforeAll(async () => {
  server = await openIssuer();
  ada = await server.addPerson('ada');
  const uris = { redirectUris: [redirectUri], postLogoutRedirectUris: [postLogoutRedirectUri] };
  await server.addClient('basic', uris, clientSecret);
  await server.addClient('post', { ...uris, tokenEndpointAuthMethod: 'client_secret_post' }, clientSecret);
  const now = Math.floor(Date.now() / 1000);
  const lifetime = {
    accessTokenSeconds: 300,
    accessTokenSigningAlg: 'ES256',
    statusList: false,
    createdAt: now,
  } as const;
  const resource = { resource: api, scope: ['entries:read'], claims: { tier: 'gold' }, accessTokenClaims: ['roles'] };
  await server.store.addResource({ ...resource, ...lifetime });
  const scope = ['openid', 'offline_access', 'entries:read'];
  await server.addClient('none', { ...uris, scope, resources: [api], idTokenSignedResponseAlg: 'ES256' });
});
afterAll(() => server?.close());

const relyingParty = async (clientId: string, authentication: ClientAuth): Promise<RelyingParty> => {
  const issuer = new URL(server.issuer);
  const as = await processDiscoveryResponse(issuer, await discoveryRequest(issuer, loopback));
  const { idTokenSignedResponseAlg: alg = 'RS256' } = (await server.store.findClient(clientId)) ?? {};
  return { as, authentication, client: { client_id: clientId, id_token_signed_response_alg: alg } };
};

interface Asked {
  readonly journey: Journey;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

const ask = async (
  { as, client }: RelyingParty,
  endUser: EndUser,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Asked> => {
  const [state, nonce, verifier] = [generateRandomState(), generateRandomNonce(), generateRandomCodeVerifier()];
  const url = new URL(as.authorization_endpoint ?? '');
  url.search = new URLSearchParams({
    ...{ client_id: client.client_id, redirect_uri: redirectUri, response_type: 'code', state, nonce },
    ...{ code_challenge: await calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
    scope: 'openid profile offline_access',
    ...parameters,
  }).toString();
  return { state, nonce, verifier, journey: await endUser.open(url) };
};

/** Every check the library has, the ID token's signature among them. */
const redeem = async (
  party: RelyingParty,
  { journey, state, nonce, verifier }: Asked,
): Promise<TokenEndpointResponse> => {
  const { as, client, authentication } = party;
  const answer = validateAuthResponse(as, client, journey.posted ?? journey.url, state);
  const response = await authorizationCodeGrantRequest(
    as,
    client,
    authentication,
    answer,
    redirectUri,
    verifier,
    loopback,
  );
  const options = { expectedNonce: nonce, requireIdToken: true };
  const tokens = await processAuthorizationCodeResponse(as, client, response, options);
  await validateApplicationLevelSignature(as, response, loopback);
  return tokens;
};

const refresh = async ({ as, client, authentication }: RelyingParty, token = ''): Promise<TokenEndpointResponse> => {
  const response = await refreshTokenGrantRequest(as, client, authentication, token, loopback);
  const tokens = await processRefreshTokenResponse(as, client, response);
  await validateApplicationLevelSignature(as, response, loopback);
  return tokens;
};

const revoke = async ({ as, client, authentication }: RelyingParty, token: string): Promise<void> =>
  processRevocationResponse(await revocationRequest(as, client, authentication, token, loopback));

const introspect = async ({ as, client, authentication }: RelyingParty, token: string) =>
  processIntrospectionResponse(as, client, await introspectionRequest(as, client, authentication, token, loopback));

const signIn = async (
  party: RelyingParty,
  endUser = createEndUser(server.issuer, ada),
): Promise<TokenEndpointResponse> => redeem(party, await ask(party, endUser));

describe('oauth4webapi 3, OpenID Connect Core 1.0 §3.1.3', () => {
  test('discovery: both documents are those of the issuer, RFC 8414 §3.3', async () => {
    const issuer = new URL(server.issuer);
    const oidc = await processDiscoveryResponse(issuer, await discoveryRequest(issuer, loopback));
    const oauth2 = await processDiscoveryResponse(
      issuer,
      await discoveryRequest(issuer, { ...loopback, algorithm: 'oauth2' }),
    );
    expect(oauth2).toEqual(oidc);
    expect(oidc).toMatchObject({
      authorization_response_iss_parameter_supported: true,
      request_uri_parameter_supported: false,
      code_challenge_methods_supported: ['S256'],
    });
  });

  test.each([
    ['client_secret_basic', 'basic', ClientSecretBasic(clientSecret)],
    ['client_secret_post', 'post', ClientSecretPost(clientSecret)],
  ])('%s: code, userinfo, refresh, introspection and revocation', async (_, clientId, authentication) => {
    const party = await relyingParty(clientId, authentication);
    const { as, client } = party;
    const tokens = await signIn(party);
    const claims = getValidatedIdTokenClaims(tokens) ?? expect.fail('There is no ID token.');
    const userinfo = await userInfoRequest(as, client, tokens.access_token, loopback);
    expect(await processUserInfoResponse(as, client, claims.sub, userinfo)).toMatchObject({ name: 'Ada Example' });
    const refreshed = await refresh(party, tokens.refresh_token);
    expect(await introspect(party, refreshed.access_token)).toMatchObject({ active: true, sub: ada.sub });
    await revoke(party, refreshed.refresh_token ?? '');
    expect(await introspect(party, refreshed.access_token)).toEqual({ active: false });
    await expect(refresh(party, refreshed.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('none: a public client proves itself by PKCE alone', async () => {
    const party = await relyingParty('none', None());
    const tokens = await redeem(
      party,
      await ask(party, createEndUser(server.issuer, ada), { scope: 'openid offline_access entries:read' }),
    );
    const refreshed = await refresh(party, tokens.refresh_token);
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
    await revoke(party, refreshed.refresh_token ?? '');
    await expect(refresh(party, refreshed.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('at_hash is the left half of the hash of the access token it came with', async () => {
    const party = await relyingParty('basic', ClientSecretBasic(clientSecret));
    const first = await signIn(party);
    for (const tokens of [first, await refresh(party, first.refresh_token)]) {
      const half = createHash('sha256').update(tokens.access_token).digest().subarray(0, 16).toString('base64url');
      expect(getValidatedIdTokenClaims(tokens)?.at_hash).toBe(half);
    }
  });

  test('T081: within its retry window a spent refresh token gets the same answer again', async () => {
    const party = await relyingParty('basic', ClientSecretBasic(clientSecret));
    const { refresh_token: token } = await signIn(party);
    const [one, other] = await Promise.all([refresh(party, token), refresh(party, token)]);
    expect(other).toEqual(one);
  });

  test('a resource server accepts the access token by its audience alone, RFC 9068 §4', async () => {
    const party = await relyingParty('none', None());
    const tokens = await redeem(
      party,
      await ask(party, createEndUser(server.issuer, ada), { scope: 'openid entries:read', resource: api }),
    );
    const request = new Request(`${api}/entries`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    const claims = await validateJwtAccessToken(party.as, request, api, loopback);
    expect(claims).toMatchObject({ sub: ada.sub, client_id: 'none', scope: 'openid entries:read', tier: 'gold' });
    await expect(validateJwtAccessToken(party.as, request, 'https://other.example', loopback)).rejects.toThrow();
    const userinfo = await userInfoRequest(party.as, party.client, tokens.access_token, loopback);
    expect(await processUserInfoResponse(party.as, party.client, ada.sub, userinfo)).toEqual({ sub: ada.sub });
  });
});

describe('oauth4webapi 3, authorization responses, RFC 9207 §2', () => {
  test('T057: iss is in a code, in an error and in a form, and the redirect URI keeps its query', async () => {
    const party = await relyingParty('basic', ClientSecretBasic(clientSecret));
    const endUser = createEndUser(server.issuer, ada);
    const refused = await ask(party, endUser, { prompt: 'none' });
    const posted = await ask(party, endUser, { response_mode: 'form_post' });
    const redirected = await ask(party, endUser);
    for (const { journey } of [refused, redirected]) {
      expect(journey.url.href.startsWith(`${redirectUri}&`)).toBe(true);
      expect(journey.url.searchParams.get('iss')).toBe(server.issuer);
    }
    expect([posted.journey.url.href, posted.journey.posted?.get('iss')]).toEqual([redirectUri, server.issuer]);
    expect(() => validateAuthResponse(party.as, party.client, refused.journey.url, refused.state)).toThrow(
      expect.objectContaining({ error: 'login_required' }),
    );
    expect(getValidatedIdTokenClaims(await redeem(party, posted))?.sub).toBe(ada.sub);
    expect(getValidatedIdTokenClaims(await redeem(party, redirected))?.sub).toBe(ada.sub);
  });

  test('logout adds state to the query the registered address has', async () => {
    const party = await relyingParty('basic', ClientSecretBasic(clientSecret));
    const endUser = createEndUser(server.issuer, ada);
    const { id_token: hint = '' } = await signIn(party, endUser);
    const url = new URL(party.as.end_session_endpoint ?? '');
    const parameters = { post_logout_redirect_uri: postLogoutRedirectUri, state: 's', id_token_hint: hint };
    url.search = new URLSearchParams(parameters).toString();
    expect((await endUser.open(url)).url.href).toBe(`${postLogoutRedirectUri}&state=s`);
    expect((await ask(party, endUser, { prompt: 'none' })).journey.url.searchParams.get('error')).toBe(
      'login_required',
    );
  });
});
