// What plain JavaScript may get wrong, and TypeScript does not let pass: each is refused when it is set up.
import { describe, expect, test } from 'vitest';
import { accessCheck } from '../../src/verifier/access.ts';
import { createVerifier, followRevocationFeed, followStatusLists, keysFromUrl } from '../../src/verifier/exports.ts';
import { checkIdToken } from '../../src/verifier/id_token_rules.ts';
import { protectedResourceMetadata } from '../../src/verifier/protected_resource.ts';
import { readPolicy } from '../../src/verifier/verifier_options.ts';

const issuer = 'https://id.example.com';
const verifying = { issuer, audience: 'https://api.example.com' };
const resource = { resource: 'https://api.example.com', authorizationServers: [issuer] };
const verifier = { verify: () => Promise.reject(new Error('not asked')) };

/** Each taker, given these options beside what it cannot do without. */
const takers: Readonly<Record<string, (options: object | null) => unknown>> = {
  createVerifier: (options) => createVerifier(options === null ? (null as never) : { ...verifying, ...options }),
  keysFromUrl: (options) => keysFromUrl(`${issuer}/.well-known/jwks.json`, options as object),
  followRevocationFeed: (options) => followRevocationFeed(options as object),
  followStatusLists: (options) => followStatusLists(options as object),
  requireToken: (options) => accessCheck(verifier, options as object),
  protectedResource: (options) =>
    protectedResourceMetadata(options === null ? (null as never) : ({ ...resource, ...options } as never)),
};

const given = (taker: string, options: object | null) => () => takers[taker]?.(options);

describe('T023: an option that cannot be right', () => {
  test.each(Object.keys(takers))('%s names an option that it does not have, and those it has', (taker) => {
    expect(given(taker, { revokation: {} })).toThrow(
      new RegExp(String.raw`^${taker} has no option "revokation", expected some of \w+(, \w+)+\.$`),
    );
    expect(given(taker, { constructor: 1 })).toThrow(/has no option "constructor"/);
  });

  test.each(Object.keys(takers))('%s takes what is undefined for left out, and refuses no options at all', (taker) => {
    expect(given(taker, { onProblem: undefined, fetch: undefined })).not.toThrow(/is missing/);
    expect(given(taker, {})).not.toThrow();
    expect(given(taker, null)).toThrow(`The options of ${taker} are null, expected an object.`);
  });

  test.each([
    ['createVerifier', { fetch: {} }, 'createVerifier: fetch is an object, expected a function.'],
    ['createVerifier', { clock: Date.now }, 'createVerifier: clock is a function, expected an object.'],
    ['createVerifier', { revocation: true }, 'createVerifier: revocation is true, expected an object.'],
    ['createVerifier', { revocation: null }, 'createVerifier: revocation is null, expected an object.'],
    ['createVerifier', { typ: 1 }, 'createVerifier: typ is 1, expected a string.'],
    ['createVerifier', { algorithms: 'ES256' }, 'algorithms is "ES256", expected some of'],
    ['keysFromUrl', { insecureHttp: 'false' }, 'keysFromUrl: insecureHttp is "false", expected a boolean.'],
    ['keysFromUrl', { store: '/var/lib/keys' }, 'keysFromUrl: store is "/var/lib/keys", expected an object.'],
    ['followRevocationFeed', { transport: 'sse' }, `transport is "sse", expected 'poll' or 'stream'.`],
    ['followRevocationFeed', { url: new URL(issuer) }, 'followRevocationFeed: url is an object, expected a string.'],
    ['followStatusLists', { onProblem: 'log' }, 'followStatusLists: onProblem is "log", expected a function.'],
    [
      'followStatusLists',
      { tokensWithoutStatus: 'allow' },
      `tokensWithoutStatus is "allow", expected 'refuse' or 'accept'.`,
    ],
    ['requireToken', { realm: 5 }, 'requireToken: realm is 5, expected a string.'],
    ['protectedResource', { authorizationServers: issuer }, /authorizationServers is "https:.*expected an array/],
    ['protectedResource', { scopesSupported: 'read' }, 'scopesSupported is "read", expected an array'],
    ['protectedResource', { scopesSupported: '' }, 'scopesSupported is "", expected an array'],
  ])('%s refuses %j', (taker, options, message) => {
    expect(given(taker, options)).toThrow(message);
    expect(given(taker, options)).toThrow(TypeError);
  });

  test.each([
    [{ Nonce: 'n' }, 'verifyIdToken has no option "Nonce", expected some of nonce, accessToken, maxAgeSeconds.'],
    [{ accessToken: 1 }, 'verifyIdToken: accessToken is 1, expected a string.'],
  ])('an ID token is not checked against %j', async (expectations, message) => {
    const claims = { iss: issuer, aud: verifying.audience, sub: 'ada', iat: 1_800_000_000, exp: 1_800_000_600 };
    const check = checkIdToken(claims, expectations as object, readPolicy(verifying), 1_800_000_000);
    await expect(check).rejects.toThrow(message);
    await expect(check).rejects.toThrow(TypeError);
  });
});
