import { describe, expect, test } from 'vitest';
import { registerResource } from '../../src/client_registration/register_resource.ts';
import { reservedClaims } from '../../src/tokens/access_token.ts';
import { refusedRegistration } from './refused_registration.ts';

const now = 1_800_000_000;
const limits = { accessTokenSeconds: 600, maxTokenSeconds: 3600 };
const uri = 'https://api.example.com';

const messageOf = (metadata: unknown): string =>
  refusedRegistration(() => registerResource(metadata, limits, now)).message;

describe('resource registration, RFC 8707 §2', () => {
  test('a URI is enough: no scope, the default lifetime, ES256, no claims', () => {
    expect(registerResource({ resource: uri }, limits, now)).toEqual({
      resource: uri,
      scope: [],
      accessTokenSeconds: 600,
      accessTokenSigningAlg: 'ES256',
      claims: {},
      accessTokenClaims: [],
      statusList: false,
      createdAt: now,
    });
  });

  test('a lifetime may be as long as the longest token', () => {
    const metadata = { resource: uri, access_token_seconds: 3600 };
    expect(registerResource(metadata, limits, now).accessTokenSeconds).toBe(3600);
  });

  test('a longer lifetime is refused with both numbers', () => {
    expect(messageOf({ resource: uri, access_token_seconds: 3601 })).toMatch(
      /access_token_seconds: 3601 s is longer .* 3600 s \(KEYTURN_MAX_TOKEN_SECONDS\)/,
    );
  });

  test.each([
    ['a relative URI', { resource: 'api' }, 'resource: expected an absolute URI'],
    ['a fragment', { resource: `${uri}#x` }, 'resource: expected an absolute URI'],
    ['a space', { resource: `${uri}/a b` }, 'resource: expected an absolute URI'],
    ['no time at all', { resource: uri, access_token_seconds: 0 }, 'access_token_seconds: expected at least 1'],
    ['half a second', { resource: uri, access_token_seconds: 0.5 }, 'access_token_seconds: expected a whole'],
    ['another alg', { resource: uri, access_token_signing_alg: 'HS256' }, 'access_token_signing_alg: expected one of'],
    ['a malformed scope', { resource: uri, scope: 'a"b' }, 'scope: expected scope values'],
    ['claims as a list', { resource: uri, claims: [] }, 'claims: expected a JSON object'],
    ['claims too large', { resource: uri, claims: { x: 'y'.repeat(4096) } }, 'claims: expected at most 4096'],
  ])('%s is refused', (_name, metadata, message) => {
    expect(messageOf(metadata)).toContain(message);
  });

  test.each(reservedClaims)('the claim %s is only ours to set', (claim) => {
    expect(messageOf({ resource: uri, claims: { [claim]: 'x', fine: 1 } })).toContain(`claims: ${claim}: only Keyturn`);
  });

  test('T013: a claim named __proto__ is refused, other names of the prototype are plain data', () => {
    expect(messageOf({ resource: uri, claims: JSON.parse('{"__proto__":{"x":1}}') })).toContain('__proto__');
    const { claims } = registerResource({ resource: uri, claims: { constructor: 'acme' } }, limits, now);
    expect(claims).toEqual({ constructor: 'acme' });
  });

  test('T123: claims nested 100 000 deep are refused, not a crash; 64 levels are as many as a token of ours may have', () => {
    const nested = (levels: number) => JSON.parse(`{"x":${'['.repeat(levels)}${']'.repeat(levels)}}`);
    for (const levels of [64, 1000, 100_000])
      expect(messageOf({ resource: uri, claims: nested(levels) })).toContain('claims: expected at most 64 levels');
    expect(registerResource({ resource: uri, claims: nested(63) }, limits, now).claims).toEqual(nested(63));
  });
});
