import { describe, expect, test } from 'vitest';
import { accessCheck } from '../../src/verifier/access.ts';
import { credentialsOf } from '../../src/verifier/bearer_token.ts';
import { protectedResourceMetadata } from '../../src/verifier/protected_resource.ts';

const authorizationServers = ['https://id.example.com'] as const;

describe('protected resource metadata, RFC 9728 §3.1', () => {
  test.each([
    ['https://api.example.com', 'https://api.example.com/.well-known/oauth-protected-resource'],
    ['https://api.example.com/', 'https://api.example.com/.well-known/oauth-protected-resource'],
    ['https://api.example.com/v1', 'https://api.example.com/.well-known/oauth-protected-resource/v1'],
    ['https://api.example.com/v1/', 'https://api.example.com/.well-known/oauth-protected-resource/v1/'],
    ['https://api.example.com:8443/a?t=1', 'https://api.example.com:8443/.well-known/oauth-protected-resource/a?t=1'],
    ['http://localhost:8080', 'http://localhost:8080/.well-known/oauth-protected-resource'],
    ['http://[::1]:8080/x', 'http://[::1]:8080/.well-known/oauth-protected-resource/x'],
  ])('that of %s is at %s', (resource, url) => {
    const metadata = protectedResourceMetadata({ resource, authorizationServers });
    expect(metadata.url).toBe(url);
    expect(metadata.path).toBe(new URL(url).pathname);
    expect(JSON.parse(metadata.body).resource).toBe(resource);
  });

  test.each(['urn:example:api', 'http://api.example.com', 'https://api.example.com/#x', 'api', ''])(
    'a resource that is no https URL without a fragment has none: %j',
    (resource) => {
      expect(() => protectedResourceMetadata({ resource, authorizationServers })).toThrow(TypeError);
    },
  );

  test('what was not given is left out', () => {
    const { body } = protectedResourceMetadata({ resource: 'https://api.example.com', authorizationServers });
    expect(JSON.parse(body)).toEqual({
      resource: 'https://api.example.com',
      authorization_servers: authorizationServers,
      bearer_methods_supported: ['header'],
    });
  });
});

describe('what a request’s credentials are, RFC 6750 §2.1', () => {
  test('two fields are two, though `headers` shows one; a request that was made up has no raw ones', () => {
    const headers = { authorization: 'Bearer a' };
    const rawHeaders = ['authorization', 'Bearer a', 'Host', 'authorization', 'AUTHORIZATION', 'Bearer b'];
    expect(credentialsOf({ headers, rawHeaders, url: '/x' })).toEqual({
      authorization: ['Bearer a', 'Bearer b'],
      url: '/x',
    });
    expect(credentialsOf({ headers, rawHeaders: [] }).authorization).toEqual(['Bearer a']);
    expect(credentialsOf({ headers }).authorization).toEqual(['Bearer a']);
    expect(credentialsOf({ headers: {} }).authorization).toEqual([]);
  });

  test('without a verifier nothing is set up', () => {
    // @ts-expect-error: as in JavaScript, where an import was misspelt.
    expect(() => accessCheck(undefined, {})).toThrow('requireToken has no verifier');
  });
});

describe('the realm of challenges, RFC 9110 §11.5', () => {
  const verifier = { verify: () => Promise.reject(new Error('not asked')) };

  test('is quoted', async () => {
    const check = accessCheck(verifier, { realm: 'the "best" \\ api' });
    expect(await check({ authorization: [], url: '/' })).toMatchObject({
      refusal: { headers: { 'WWW-Authenticate': String.raw`Bearer realm="the \"best\" \\ api"` } },
    });
  });

  test.each(['', 'a\r\nSet-Cookie: x=y', 'ä'])('is refused when a header cannot hold it: %j', (realm) => {
    expect(() => accessCheck(verifier, { realm })).toThrow(TypeError);
  });
});
