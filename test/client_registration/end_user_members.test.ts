import { describe, expect, test } from 'vitest';
import { clientInformation } from '../../src/client_registration/client_information.ts';
import { registerClient } from '../../src/client_registration/register_client.ts';
import { registerResource, resourceInformation } from '../../src/client_registration/register_resource.ts';
import type { Resource } from '../../src/seams/resource_store.ts';
import { makeResource, now } from '../contracts/records.ts';
import { refusedRegistration } from './refused_registration.ts';

const api = makeResource('https://api.example.com');
const other = makeResource('https://other.example.com', { scope: ['admin'] });

const signsIn = { grant_types: ['authorization_code', 'refresh_token'], redirect_uris: ['https://app.example.com/cb'] };
const open = { ...signsIn, token_endpoint_auth_method: 'none' };

const register = (metadata: object, resources: readonly Resource[] = [api], loopback = false) =>
  registerClient({ ...signsIn, ...metadata }, resources, now, loopback);

const refusalOf = (make: () => unknown): string => refusedRegistration(make).message;

describe('a client that end-users sign in to, OpenID Connect Dynamic Client Registration 1.0 §2', () => {
  test.each([undefined, 'none'])('redirect URIs without grant types, %s: authorization_code, RFC 7591 §2', (method) => {
    const redirect_uris = signsIn.redirect_uris;
    const { client } = registerClient({ redirect_uris, token_endpoint_auth_method: method }, [api], now);
    expect(client).toMatchObject({
      grantTypes: ['authorization_code'],
      scope: ['openid', 'profile', 'email'],
      resources: [],
    });
    expect(registerClient({ redirect_uris: [] }, [api], now).client.grantTypes).toEqual(['client_credentials']);
  });

  test('nothing said: a web application, RS256 ID tokens, PKCE, consent, tokens for userinfo', () => {
    const { client, warnings } = register({});
    expect(client).toMatchObject({
      applicationType: 'web',
      idTokenSignedResponseAlg: 'RS256',
      userinfoSignedResponseAlg: null,
      idTokenClaims: [],
      firstParty: false,
      dangerouslyAllowNoPkce: false,
      postLogoutRedirectUris: [],
      backchannelLogoutUri: null,
      backchannelLogoutSessionRequired: false,
      serves: [],
      resources: [],
      scope: ['openid', 'profile', 'email', 'offline_access'],
    });
    expect(warnings).toEqual([]);
  });

  test('everything said is kept, and told to its owner in the same words', () => {
    const metadata = {
      application_type: 'native',
      post_logout_redirect_uris: ['https://app.example.com/bye'],
      backchannel_logout_uri: 'https://app.example.com/logout?tenant=1',
      backchannel_logout_session_required: true,
      id_token_signed_response_alg: 'ES256',
      userinfo_signed_response_alg: 'RS256',
      first_party: true,
      id_token_claims: ['roles', 'email'],
      serves: [other.resource],
    };
    const { client, warnings } = register(metadata, [api, other]);
    expect(clientInformation(client)).toMatchObject(metadata);
    expect(warnings).toEqual([]);
  });

  test('what says nothing is not told', () => {
    const told = clientInformation(register({}).client);
    expect(told).toMatchObject({ application_type: 'web', id_token_signed_response_alg: 'RS256' });
    for (const name of ['first_party', 'serves', 'dangerously_allow_no_pkce', 'backchannel_logout_uri'])
      expect(told).not.toHaveProperty(name);
    const { client } = registerClient({}, [api], now);
    expect(clientInformation(client)).not.toHaveProperty('application_type');
  });

  test.each([
    ['an application type', { application_type: 'spa' }, 'application_type: expected one of web, native'],
    ['HS256', { id_token_signed_response_alg: 'HS256' }, 'id_token_signed_response_alg: expected one of'],
    ['no signature', { id_token_signed_response_alg: 'none' }, 'id_token_signed_response_alg: expected one of'],
    ['userinfo by PS256', { userinfo_signed_response_alg: 'PS256' }, 'userinfo_signed_response_alg: expected one of'],
    ['a truth in words', { first_party: 'yes' }, 'first_party: expected true or false'],
    ['a claim nobody has', { id_token_claims: ['shoe_size'] }, 'id_token_claims: "shoe_size": expected some of name'],
    ['sub as a claim', { id_token_claims: ['sub'] }, 'id_token_claims: "sub"'],
    ['a wildcard', { post_logout_redirect_uris: ['https://*.example.com/'] }, 'no wildcard'],
    ['a script', { post_logout_redirect_uris: ['javascript:alert(1)'] }, 'never a redirection URI'],
    ['http to elsewhere', { post_logout_redirect_uris: ['http://app.example.com/'] }, 'expected https'],
    ['a resource served that is not there', { serves: ['https://nope.example'] }, 'serves: "https://nope.example" is'],
  ])('%s that is not known is refused', (_, metadata, complaint) => {
    expect(refusalOf(() => register(metadata))).toContain(complaint);
  });
});

describe('scope and resources of a client that end-users sign in to', () => {
  test('without refresh_token there is no offline_access', () => {
    expect(register({ grant_types: ['authorization_code'] }).client.scope).toEqual(['openid', 'profile', 'email']);
  });

  test('the scope of named resources comes on top; none is picked by itself', () => {
    const { client } = register({ resources: [api.resource] });
    expect(client.scope).toEqual(['openid', 'profile', 'email', 'offline_access', 'read', 'write']);
    expect(register({}, []).client.resources).toEqual([]);
    expect(register({}, [api, other]).client.resources).toEqual([]);
  });

  test('with client_credentials too, a resource is needed as ever, and the only one is picked', () => {
    const grant_types = ['authorization_code', 'client_credentials'];
    expect(register({ grant_types }).client.resources).toEqual([api.resource]);
    expect(refusalOf(() => register({ grant_types }, []))).toContain('there is no resource yet');
    expect(refusalOf(() => register({ grant_types }, [api, other]))).toContain('name at least one of the 2');
  });

  test('the scope of OpenID Connect is obtainable, for those whose end-users sign in', () => {
    expect(register({ scope: 'openid roles address phone offline_access' }).warnings).toEqual([]);
    expect(register({ scope: 'openid read' }).warnings).toEqual([expect.stringContaining('has the scope read;')]);
    const { warnings } = registerClient({ scope: 'openid read' }, [api], now);
    expect(warnings).toEqual([expect.stringContaining('has the scope openid;')]);
  });
});

describe('redirection URIs of native applications, RFC 8252 §7', () => {
  test.each(['http://127.0.0.1', 'http://[::1]', 'http://localhost', 'http://127.0.0.1/cb', 'com.example.app:/cb'])(
    '%s may be registered',
    (uri) => {
      const native = { ...open, application_type: 'native', redirect_uris: [uri] };
      expect(register(native).client.redirectUris).toEqual([uri]);
    },
  );
});

describe('backchannel_logout_uri, OpenID Connect Back-Channel Logout 1.0 §2.2', () => {
  test('T115: http is for loopback, and for an issuer on loopback', () => {
    const local = { backchannel_logout_uri: 'http://127.0.0.1:8080/logout' };
    expect(register(local, [], true).client.backchannelLogoutUri).toBe(local.backchannel_logout_uri);
    expect(refusalOf(() => register(local))).toContain('http is for an issuer on loopback alone');
  });

  test.each([
    ['http to elsewhere', 'http://app.example.com/logout', 'expected https'],
    ['a metadata service', 'http://169.254.169.254/latest', 'expected https'],
    ['a fragment', 'https://app.example.com/logout#x', 'no fragment'],
    ['a user name', 'https://user@app.example.com/', 'no user name'],
    ['a private-use scheme', 'com.example.app:/logout', 'expected an absolute URI'],
    ['a file', 'file:///etc/passwd', 'expected an absolute URI'],
    ['a path', '/logout', 'expected an absolute URI'],
    ['a backslash', 'https://app.example.com\\@evil.example/', 'has a backslash'],
  ])('T115: %s is refused, on loopback too', (_, uri, complaint) => {
    expect(refusalOf(() => register({ backchannel_logout_uri: uri }, [], true))).toContain(complaint);
  });
});

describe('what is dangerous is named so', () => {
  test('a confidential client may go without PKCE, with a loud warning', () => {
    const { client, warnings } = register({ dangerously_allow_no_pkce: true });
    expect(client.dangerouslyAllowNoPkce).toBe(true);
    expect(warnings).toEqual([expect.stringMatching(/^DANGER: this client may go without PKCE/)]);
    expect(clientInformation(client)).toMatchObject({ dangerously_allow_no_pkce: true });
  });

  test('a public client may not, and neither may one without codes', () => {
    expect(refusalOf(() => register({ ...open, dangerously_allow_no_pkce: true }))).toContain(
      'a public client has nothing',
    );
    const machine = { grant_types: ['client_credentials'], dangerously_allow_no_pkce: true };
    expect(refusalOf(() => registerClient(machine, [api], now))).toContain('of no use without');
  });

  test('a public client of our own is warned of: it can be imitated', () => {
    expect(register({ ...open, first_party: true }).warnings).toEqual([expect.stringContaining('RFC 8252 §8.6')]);
  });
});

describe('access_token_claims of a resource', () => {
  const limits = { accessTokenSeconds: 600, maxTokenSeconds: 3600 };
  const metadata = { resource: api.resource, access_token_claims: ['roles', 'email', 'roles'] };

  test('names of the claims of end-users, each once', () => {
    const registered = registerResource(metadata, limits, now);
    expect(registered.accessTokenClaims).toEqual(['roles', 'email']);
    expect(resourceInformation(registered)).toMatchObject({ access_token_claims: ['roles', 'email'] });
    expect(resourceInformation(api)).not.toHaveProperty('access_token_claims');
  });

  test('others are refused', () => {
    const wrong = { ...metadata, access_token_claims: ['password_hash'] };
    expect(refusalOf(() => registerResource(wrong, limits, now))).toContain('"password_hash": expected some of');
  });
});
