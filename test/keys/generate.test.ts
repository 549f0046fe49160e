import { calculateJwkThumbprint } from 'jose';
import { describe, expect, test } from 'vitest';
import { generateKey, publicHalfOf } from '../../src/keys/generate.ts';

describe.each(['ES256', 'RS256'] as const)('a new %s key pair', (alg) => {
  test('I7: has the RFC 7638 thumbprint of its public half as kid', async () => {
    const { kid, publicJwk, privateJwk } = await generateKey(alg);
    expect(kid).toBe(await calculateJwkThumbprint(publicJwk, 'sha256'));
    expect([publicJwk.kid, privateJwk.kid, privateJwk.alg]).toEqual([kid, kid, alg]);
  });

  test('I7: is unlike any other', async () => {
    const kids = await Promise.all([1, 2, 3].map(async () => (await generateKey(alg)).kid));
    expect(new Set(kids).size).toBe(3);
  });

  test('has use and alg, and keeps the private members to the private half', async () => {
    const { publicJwk, privateJwk } = await generateKey(alg);
    expect(publicJwk).toMatchObject({ use: 'sig', alg });
    expect(privateJwk.d).toEqual(expect.any(String));
    expect(publicJwk).not.toHaveProperty('d');
  });
});

test('an RSA modulus has 2048 bits', async () => {
  const { publicJwk } = await generateKey('RS256');
  const modulus = Buffer.from(publicJwk.n ?? '', 'base64url');
  expect([modulus.length * 8, (modulus[0] ?? 0) >= 0x80]).toEqual([2048, true]);
});

test('the public half is picked, never what is left over: members nobody thought of do not slip through', () => {
  const jwk = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd', ext: true, key_ops: ['sign'], secret: 's' };
  expect(publicHalfOf(jwk, 'ES256', 'kid')).toEqual({
    kty: 'EC',
    crv: 'P-256',
    x: 'x',
    y: 'y',
    kid: 'kid',
    use: 'sig',
    alg: 'ES256',
  });
});
