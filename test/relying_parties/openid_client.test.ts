import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  ClientSecretBasic,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  tokenIntrospection,
  tokenRevocation,
} from 'openid-client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type IssuerHere, openIssuer } from '../issuer_here.ts';
import type { Person } from '../issuer_records.ts';
import { processTestMilliseconds } from '../running_server.ts';
import { type Answers, createEndUser, type EndUser, type Journey } from './end_user.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

const redirectUri = 'https://notes.example/callback';
const postLogoutRedirectUri = 'https://notes.example/goodbye';
const clientSecret = 'a-secret-of-43-characters-as-they-are-made-x';
const scope = 'openid profile email offline_access';

let server: IssuerHere;
let ada: Person;
let grace: Person;
let confidential: Configuration;
let open: Configuration;

const configurationOf = async (clientId: string, metadata: object, secret?: string): Promise<Configuration> => {
  const authentication = secret === undefined ? None() : ClientSecretBasic(secret);
  const options = { execute: [allowInsecureRequests, enableNonRepudiationChecks] };
  return discovery(new URL(server.issuer), clientId, metadata, authentication, options);
};

beforeAll(async () => {
  // Without a retry window a spent refresh token is refused at once.
  server = await openIssuer({ KEYTURN_REFRESH_RETRY_SECONDS: '0' });
  [ada, grace] = [await server.addPerson('ada'), await server.addPerson('grace')];
  const uris = { redirectUris: [redirectUri], postLogoutRedirectUris: [postLogoutRedirectUri] };
  await server.addClient('notes', uris, clientSecret);
  await server.addClient('phone', { ...uris, idTokenSignedResponseAlg: 'ES256', userinfoSignedResponseAlg: 'ES256' });
  confidential = await configurationOf('notes', {}, clientSecret);
  const algorithms = { id_token_signed_response_alg: 'ES256', userinfo_signed_response_alg: 'ES256' };
  open = await configurationOf('phone', algorithms);
});
afterAll(() => server?.close());

interface Begun {
  readonly url: URL;
  readonly checks: {
    readonly pkceCodeVerifier: string;
    readonly expectedState: string;
    readonly expectedNonce: string;
  };
}

const begin = async (
  configuration: Configuration,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Begun> => {
  const checks = {
    pkceCodeVerifier: randomPKCECodeVerifier(),
    expectedState: randomState(),
    expectedNonce: randomNonce(),
  };
  const url = buildAuthorizationUrl(configuration, {
    ...{ redirect_uri: redirectUri, scope, state: checks.expectedState, nonce: checks.expectedNonce },
    code_challenge: await calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...parameters,
  });
  return { url, checks };
};

const answerOf = ({ url, posted }: Journey): URL | Request =>
  posted === undefined ? url : new Request(url, { method: 'POST', body: posted });

/** One authorization, from the client to the end-user and back. */
const authorize = async (
  configuration: Configuration,
  endUser: EndUser,
  parameters: Readonly<Record<string, string>> = {},
  answers: Partial<Answers> = {},
) => {
  const { url, checks } = await begin(configuration, parameters);
  const journey = await endUser.open(url, answers);
  const maxAge = parameters.max_age === undefined ? {} : { maxAge: Number(parameters.max_age) };
  const tokens = await authorizationCodeGrant(configuration, answerOf(journey), { ...checks, ...maxAge });
  const claims = tokens.claims() ?? expect.fail('There is no ID token.');
  return { journey, tokens, claims, refreshToken: tokens.refresh_token ?? expect.fail('There is no refresh token.') };
};

const signIn = (configuration: Configuration, person: Person) =>
  authorize(configuration, createEndUser(server.issuer, person));

/** What the answer says when it is no code. */
const refusalOf = async (
  configuration: Configuration,
  endUser: EndUser,
  parameters: Readonly<Record<string, string>>,
) => {
  const { url, checks } = await begin(configuration, parameters);
  const journey = await endUser.open(url, { decision: 'deny' });
  expect(journey.url.href.startsWith(`${redirectUri}?`)).toBe(true);
  return { journey, grant: authorizationCodeGrant(configuration, journey.url, checks) };
};

describe('openid-client 6, OpenID Connect Core 1.0 §3.1', () => {
  test('a confidential client: code with PKCE, a verified ID token, and userinfo of its subject', async () => {
    const { tokens, claims, journey } = await signIn(confidential, ada);
    expect(journey.pages).toEqual(['/login', '/consent']);
    expect(claims).toMatchObject({ iss: server.issuer, aud: 'notes', sub: ada.sub, acr: '1', amr: ['pwd'] });
    expect(claims.auth_time).toBeTypeOf('number');
    const userinfo = await fetchUserInfo(confidential, tokens.access_token, claims.sub);
    expect(userinfo).toMatchObject({ sub: ada.sub, name: 'Ada Example', email: ada.email, email_verified: true });
  });

  test('a public client: its ID token and its userinfo are signed with the algorithm it registered', async () => {
    const { tokens, claims } = await signIn(open, ada);
    const header = JSON.parse(Buffer.from(tokens.id_token?.split('.')[0] ?? '', 'base64url').toString());
    expect(header.alg).toBe('ES256');
    expect(await fetchUserInfo(open, tokens.access_token, claims.sub)).toMatchObject({
      sub: ada.sub,
      email: ada.email,
    });
  });

  test('a refresh rotates: the successor works, and the spent token ends all that came of the sign-in', async () => {
    const { refreshToken, claims } = await signIn(confidential, ada);
    const second = await refreshTokenGrant(confidential, refreshToken);
    expect(second.refresh_token).not.toBe(refreshToken);
    expect(second.claims()).toMatchObject({ sub: claims.sub, auth_time: claims.auth_time, aud: 'notes' });
    const third = await refreshTokenGrant(confidential, second.refresh_token ?? '', { scope: 'openid' });
    expect(third.scope).toBe('openid');
    await expect(refreshTokenGrant(confidential, refreshToken)).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(refreshTokenGrant(confidential, third.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    await expect(fetchUserInfo(confidential, third.access_token, claims.sub)).rejects.toMatchObject({ status: 401 });
  });

  test('a revoked refresh token is inactive, and so is the access token that came with it', async () => {
    const { tokens, refreshToken, claims } = await signIn(confidential, ada);
    const before = await tokenIntrospection(confidential, tokens.access_token);
    expect(before).toMatchObject({ active: true, sub: ada.sub, client_id: 'notes', iss: server.issuer });
    await tokenRevocation(confidential, refreshToken, { token_type_hint: 'refresh_token' });
    expect(await tokenIntrospection(confidential, tokens.access_token)).toEqual({ active: false });
    expect(await tokenIntrospection(confidential, refreshToken)).toEqual({ active: false });
    await expect(refreshTokenGrant(confidential, refreshToken)).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(fetchUserInfo(confidential, tokens.access_token, claims.sub)).rejects.toMatchObject({ status: 401 });
  });

  test('logout ends the session and returns to the client with its state', async () => {
    const endUser = createEndUser(server.issuer, ada);
    const { tokens } = await authorize(confidential, endUser);
    const parameters = { post_logout_redirect_uri: postLogoutRedirectUri, state: 'so long' };
    const url = buildEndSessionUrl(confidential, { ...parameters, id_token_hint: tokens.id_token ?? '' });
    const goodbye = await endUser.open(url);
    expect(goodbye).toMatchObject({ pages: [], url: new URL(`${postLogoutRedirectUri}?state=so+long`) });
    const { grant } = await refusalOf(confidential, endUser, { prompt: 'none' });
    await expect(grant).rejects.toMatchObject({ error: 'login_required' });
  });

  test('logout without a hint asks first', async () => {
    const endUser = createEndUser(server.issuer, ada);
    await authorize(confidential, endUser);
    const goodbye = await endUser.open(
      buildEndSessionUrl(confidential, { post_logout_redirect_uri: postLogoutRedirectUri }),
    );
    expect(goodbye).toMatchObject({ pages: ['/logout'], url: new URL(postLogoutRedirectUri) });
  });
});

describe('openid-client 6, the parameters of an authorization request, OpenID Connect Core 1.0 §3.1.2.1', () => {
  test('T059: prompt=none is login_required without a session, consent_required without consent, and silent with both', async () => {
    const endUser = createEndUser(server.issuer, ada);
    const stranger = await refusalOf(open, endUser, { prompt: 'none' });
    await expect(stranger.grant).rejects.toMatchObject({ error: 'login_required' });
    const denied = await refusalOf(open, endUser, { prompt: 'consent' });
    await expect(denied.grant).rejects.toMatchObject({ error: 'access_denied' });
    await server.addClient('unallowed', { redirectUris: [redirectUri] });
    const unallowed = await refusalOf(await configurationOf('unallowed', {}), endUser, { prompt: 'none' });
    await expect(unallowed.grant).rejects.toMatchObject({ error: 'consent_required' });
    expect([stranger, unallowed].map(({ journey }) => journey.pages)).toEqual([[], []]);
    await authorize(open, endUser);
    const silent = await authorize(open, endUser, { prompt: 'none' });
    expect(silent.journey.pages).toEqual([]);
    expect(silent.claims.sub).toBe(ada.sub);
  });

  test('prompt=login asks for the password again, prompt=consent for consent, and neither for more', async () => {
    const endUser = createEndUser(server.issuer, ada);
    const first = await authorize(confidential, endUser);
    const again = await authorize(confidential, endUser, { prompt: 'login' });
    expect(again.journey.pages).toEqual(['/login']);
    expect(again.claims.auth_time).toBeGreaterThanOrEqual(first.claims.auth_time ?? Number.POSITIVE_INFINITY);
    expect((await authorize(confidential, endUser, { prompt: 'consent' })).journey.pages).toEqual(['/consent']);
    expect((await authorize(confidential, endUser)).journey.pages).toEqual([]);
  });

  test('prompt=select_account offers the open session, or another account', async () => {
    const endUser = createEndUser(server.issuer, ada);
    await authorize(confidential, endUser);
    const same = await authorize(confidential, endUser, { prompt: 'select_account' }, { choice: 'continue' });
    expect(same.journey.pages).toEqual(['/login']);
    const other = await authorize(confidential, endUser, { prompt: 'select_account' }, { choice: 'sign_in' });
    expect(other.journey.pages).toEqual(['/login']);
    expect([same.claims.sub, other.claims.sub]).toEqual([ada.sub, ada.sub]);
  });

  test('T059: max_age=0 asks for the password, a generous one does not, and auth_time says when it was given', async () => {
    const endUser = createEndUser(server.issuer, ada);
    await authorize(confidential, endUser);
    expect((await authorize(confidential, endUser, { max_age: '3600' })).journey.pages).toEqual([]);
    expect((await authorize(confidential, endUser, { max_age: '0' })).journey.pages).toEqual(['/login']);
  });

  test('the claims parameter puts claims into the ID token and userinfo that the scope alone does not', async () => {
    const claims = JSON.stringify({ id_token: { email: null }, userinfo: { name: { essential: true } } });
    const endUser = createEndUser(server.issuer, ada);
    const asked = await authorize(confidential, endUser, { scope: 'openid', claims });
    expect(asked.claims.email).toBe(ada.email);
    expect(asked.claims.name).toBeUndefined();
    expect(await fetchUserInfo(confidential, asked.tokens.access_token, ada.sub)).toEqual({
      sub: ada.sub,
      name: 'Ada Example',
    });
  });

  test('T066: id_token_hint names whom to expect and signs nobody in', async () => {
    const [hers, his] = [await signIn(confidential, ada), await signIn(confidential, grace)];
    const hintOf = (id?: string) => ({ prompt: 'none', id_token_hint: id ?? expect.fail('There is no ID token.') });
    const endUser = createEndUser(server.issuer, ada);
    const nobody = await refusalOf(confidential, endUser, hintOf(hers.tokens.id_token));
    await expect(nobody.grant).rejects.toMatchObject({ error: 'login_required' });
    await authorize(confidential, endUser);
    expect((await authorize(confidential, endUser, hintOf(hers.tokens.id_token))).claims.sub).toBe(ada.sub);
    const another = await refusalOf(confidential, endUser, hintOf(his.tokens.id_token));
    await expect(another.grant).rejects.toMatchObject({ error: 'login_required' });
  });

  test('response_mode=form_post brings the code in a form', async () => {
    const { journey, claims } = await authorize(confidential, createEndUser(server.issuer, ada), {
      response_mode: 'form_post',
    });
    expect(journey.url.href).toBe(redirectUri);
    expect(journey.posted?.get('iss')).toBe(server.issuer);
    expect(claims.sub).toBe(ada.sub);
  });
});
