import { describe, expect, test } from 'vitest';
import { isClientSecret } from '../../src/client_authentication/client_secret.ts';
import { clientInformation } from '../../src/client_registration/client_information.ts';
import { registerClient } from '../../src/client_registration/register_client.ts';
import type { RegistrationError } from '../../src/client_registration/registration_error.ts';
import { makeResource, now } from '../contracts/records.ts';
import { refusedRegistration } from './refused_registration.ts';

const api = makeResource('https://api.example.com');
const other = makeResource('https://other.example.com', { scope: ['write', 'admin'] });

const refusalOf = (metadata: unknown, resources = [api]): RegistrationError =>
  refusedRegistration(() => registerClient(metadata, resources, now));

describe('client registration, RFC 7591 §2', () => {
  test('nothing given: a confidential client of the only resource, with all its scope, an id and a secret', () => {
    const { client, clientSecret, warnings } = registerClient({}, [api], now);
    expect(client).toMatchObject({
      clientName: null,
      tokenEndpointAuthMethod: 'client_secret_basic',
      grantTypes: ['client_credentials'],
      redirectUris: [],
      scope: ['read', 'write'],
      resources: [api.resource],
      previousClientSecretSha256: null,
      clientIdIssuedAt: now,
      tokensNotBefore: null,
    });
    expect(client.clientId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    expect(clientSecret).toMatch(/^[\w-]{43}$/);
    expect(isClientSecret(clientSecret ?? '', client, now)).toBe(true);
    expect(warnings).toEqual([]);
  });

  test('a client_id and client_secret from another issuer are kept; the record has the hash alone', () => {
    const brought = { client_id: 'billing', client_secret: 'correct horse battery staple' };
    const { client, clientSecret, warnings } = registerClient(brought, [api], now);
    expect([client.clientId, clientSecret]).toEqual(['billing', brought.client_secret]);
    expect(isClientSecret(brought.client_secret, client, now)).toBe(true);
    expect(JSON.stringify(client)).not.toContain(brought.client_secret);
    expect(JSON.stringify(clientInformation(client))).not.toMatch(/secret_sha256|battery/i);
    expect(warnings).toEqual([]);
  });

  test.each([
    ['x'.repeat(21), 1],
    ['x'.repeat(22), 0],
  ])('a secret of %s is warned of when it is shorter than 22 characters', (clientSecret, count) => {
    const { warnings } = registerClient({ client_secret: clientSecret }, [api], now);
    expect(warnings.filter((warning) => warning.includes('guessed from its hash'))).toHaveLength(count);
  });

  test('a warning that tells of a command has no name in it that a shell would read', () => {
    const { warnings } = registerClient({ client_id: 'a|b', client_secret: 'short' }, [api], now);
    expect(warnings).toEqual([expect.stringMatching(/Rotate it soon, by "npx keyturn clients rotate-secret"\.$/)]);
  });

  test('a secret that HTTP Basic needs form-urlencoded is warned of, for client_secret_basic alone', () => {
    const metadata = { client_secret: 'abcdefghijklmnopqrstuv+/==' };
    expect(registerClient(metadata, [api], now).warnings).toEqual([expect.stringContaining('form-urlencode')]);
    const post = { ...metadata, token_endpoint_auth_method: 'client_secret_post' };
    expect(registerClient(post, [api], now).warnings).toEqual([]);
  });

  test('T013: unknown members and names of the prototype are named in a warning, ignored and harmless', () => {
    const metadata = JSON.parse(
      '{"__proto__": {"client_name": "evil"}, "constructor": {"prototype": {}}, "logo_uri": "https://x", "toString": 1}',
    );
    const { client, warnings } = registerClient(metadata, [api], now);
    expect(client.clientName).toBeNull();
    expect(warnings).toEqual([expect.stringContaining('"__proto__", "constructor", "logo_uri", "toString"')]);
    expect({}).not.toHaveProperty('client_name');
  });

  test('a public client has no secret', () => {
    const { client, clientSecret } = registerClient(
      {
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: ['com.example.app:/cb', 'com.example.app:/cb'],
      },
      [api],
      now,
    );
    expect([clientSecret, client.clientSecretSha256]).toEqual([null, null]);
    expect(client.redirectUris).toEqual(['com.example.app:/cb']);
  });

  test('refresh_token without a grant type that gives refresh tokens is registered with a warning', () => {
    const { warnings } = registerClient({ grant_types: ['client_credentials', 'refresh_token'] }, [api], now);
    expect(warnings).toEqual([expect.stringContaining('refresh_token is of no use without authorization_code')]);
  });

  test('redirection URIs are stored byte for byte', () => {
    const uri = 'HTTPS://App.Example.com:443/A/../%7euser?x=';
    const metadata = { grant_types: ['authorization_code'], redirect_uris: [uri] };
    expect(registerClient(metadata, [api], now).client.redirectUris).toEqual([uri]);
  });

  test('several resources: each is named, the first stays first, and their scopes come together', () => {
    const { client } = registerClient({ resources: [other.resource, api.resource] }, [api, other], now);
    expect(client.resources).toEqual([other.resource, api.resource]);
    expect(client.scope).toEqual(['write', 'admin', 'read']);
  });

  test('a scope that no resource of the client has is registered with a warning', () => {
    const { client, warnings } = registerClient({ scope: 'read admin' }, [api], now);
    expect(client.scope).toEqual(['read', 'admin']);
    expect(warnings).toEqual([expect.stringContaining('scope admin')]);
  });
});

const longName = 'n'.repeat(201);

describe('metadata that is refused, RFC 7591 §3.2.2', () => {
  test.each([
    ['no object', 'x', 'JSON object'],
    ['an array', [], 'JSON object'],
    ['a colon in the client_id', { client_id: 'a:b' }, 'client_id: expected no colon'],
    ['an empty client_id', { client_id: '' }, 'client_id: expected 1 to 256'],
    ['a client_id of 257 characters', { client_id: 'x'.repeat(257) }, 'client_id: expected 1 to 256'],
    ['a client_id beyond ASCII', { client_id: 'ä' }, 'client_id: expected 1 to 256'],
    ['an empty client_secret', { client_secret: '' }, 'client_secret: expected 1 to'],
    ['a client_secret beyond ASCII', { client_secret: 'é'.repeat(30) }, 'client_secret: expected 1 to'],
    ['a client_name that turns around', { client_name: 'moc\u202eelgoog' }, 'client_name: expected no control'],
    ['a client_name with an escape', { client_name: 'a\u001b[2J' }, 'client_name: expected no control'],
    ['a client_name of 201 characters', { client_name: longName }, 'client_name: expected at most 200'],
    ['a blank client_name', { client_name: ' ' }, 'client_name: expected at least one'],
    ['an unknown grant type', { grant_types: ['password'] }, 'grant_types: expected one of client_credentials'],
    ['no grant type', { grant_types: [] }, 'grant_types: expected at least one'],
    ['grant_types as text', { grant_types: 'client_credentials' }, 'grant_types: expected a list'],
    ['an unknown method', { token_endpoint_auth_method: 'tls' }, 'token_endpoint_auth_method: expected one of'],
    ['a malformed scope', { scope: 'a  b' }, 'scope: expected scope values'],
    ['scope as a list', { scope: ['a'] }, 'scope: expected text'],
    ['an unknown resource', { resources: ['https://nope'] }, 'npx keyturn resources add'],
    ['a public client with client_credentials', { token_endpoint_auth_method: 'none' }, 'RFC 6749 §4.4'],
  ])('%s', (_name, metadata, message) => {
    const refusal = refusalOf(metadata);
    expect(refusal.error).toBe('invalid_client_metadata');
    expect(refusal.message).toMatch(/^invalid_client_metadata: /);
    expect(refusal.message).toContain(message);
  });

  test('a public client with a secret', () => {
    const metadata = { token_endpoint_auth_method: 'none', grant_types: ['refresh_token'], client_secret: 'x' };
    expect(refusalOf(metadata).message).toContain('has no secret');
  });

  test('authorization_code without a redirection URI is invalid_redirect_uri', () => {
    expect(refusalOf({ grant_types: ['authorization_code'] }).error).toBe('invalid_redirect_uri');
  });

  test('T050: a bad redirection URI is invalid_redirect_uri and quoted in the message', () => {
    const refusal = refusalOf({ redirect_uris: ['https://ok.example.com', 'JAVASCRIPT:alert(1)'] });
    expect(refusal.error).toBe('invalid_redirect_uri');
    expect(refusal.message).toContain('"JAVASCRIPT:alert(1)"');
  });

  test('everything that is wrong is said at once', () => {
    const { message } = refusalOf({ client_id: 'a:b', scope: '', grant_types: ['x'] });
    expect(message).toMatch(/client_id: .*; grant_types: /);
  });

  test('without a named resource there must be exactly one', () => {
    expect(refusalOf({}, []).message).toContain('no resource yet');
    expect(refusalOf({}, [api, other]).message).toContain(`${api.resource}, ${other.resource}`);
  });
});
