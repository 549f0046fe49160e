import { describe, expect, test } from 'vitest';
import { createBoundedMap } from '../../src/verifier/bounded_map.ts';
import { keysFromIssuer } from '../../src/verifier/keys_from_set.ts';
import type { RevocationCheck } from '../../src/verifier/revocation_check.ts';
import { TokenError } from '../../src/verifier/token_error.ts';
import { createVerifier } from '../../src/verifier/verifier.ts';
import { audience, goodClaims, issuer, jwkSet, makeKey, makeToken, now, refusalOf } from './signed_tokens.ts';

const key = makeKey('ES256');

/** A verifier that remembers, with everything that may change under it. */
const makeScene = (rememberTokens = 100) => {
  const scene = {
    at: now,
    published: JSON.stringify(jwkSet(key)),
    revoked: new Set<string>(),
    checks: 0,
    closed: false,
  };
  const revocation: RevocationCheck = {
    start: () => undefined,
    ready: async () => undefined,
    check: ({ jti }) => {
      scene.checks += 1;
      if (scene.revoked.has(jti as string)) throw new TokenError('token_revoked', 'It was revoked.');
      return undefined;
    },
    close: () => {
      scene.closed = true;
    },
  };
  const verifier = createVerifier({
    issuer,
    audience,
    keys: keysFromIssuer(() => scene.published),
    clock: { now: () => scene.at },
    rememberTokens,
    revocation,
  });
  return Object.assign(scene, { verifier });
};

describe('a remembered token', () => {
  test('gives the same frozen claims again, so that no request can change them for another', async () => {
    const { verifier } = makeScene();
    const token = makeToken(key, { roles: ['reader'], address: { country: 'DE' } });
    const claims = await verifier.verify(token);
    expect(await verifier.verify(token)).toBe(claims);
    expect(() => (claims.roles as string[]).push('admin')).toThrow(TypeError);
    expect(() => Object.assign(claims, { sub: 'mallory' })).toThrow(TypeError);
    expect(() => Object.assign(claims.address as object, { country: 'FR' })).toThrow(TypeError);
  });

  test('is refused from the moment it expires', async () => {
    const scene = makeScene();
    const token = makeToken(key);
    await scene.verifier.verify(token);
    scene.at = goodClaims.exp + 9;
    expect((await scene.verifier.verify(token)).sub).toBe('alice');
    scene.at = goodClaims.exp + 10;
    expect(await refusalOf(scene.verifier.verify(token))).toBe('token_expired');
  });

  test('is refused from the moment its key is gone, or names another key', async () => {
    const scene = makeScene();
    const token = makeToken(key);
    await scene.verifier.verify(token);
    scene.published = JSON.stringify(jwkSet(makeKey('ES256', key.kid)));
    expect(await refusalOf(scene.verifier.verify(token))).toBe('signature_invalid');
    scene.published = JSON.stringify({ keys: [] });
    expect(await refusalOf(scene.verifier.verify(token))).toBe('key_unknown');
  });

  test('is refused from the moment it is revoked: that is asked at each use', async () => {
    const scene = makeScene();
    const token = makeToken(key);
    for (let use = 1; use <= 3; use += 1) {
      await scene.verifier.verify(token);
      expect(scene.checks).toBe(use);
    }
    scene.revoked.add(goodClaims.jti);
    expect(await refusalOf(scene.verifier.verify(token))).toBe('token_revoked');
    expect(await refusalOf(scene.verifier.verify(token))).toBe('token_revoked');
  });

  test('is that token and no other: one changed character is looked at anew', async () => {
    const { verifier } = makeScene();
    const token = makeToken(key);
    await verifier.verify(token);
    expect(await refusalOf(verifier.verify(`${token.slice(0, -4)}AAAA`))).toBe('signature_invalid');
    expect(await refusalOf(verifier.verify(`${token} `))).toBe('token_malformed');
  });

  test('what was refused is not remembered', async () => {
    const scene = makeScene();
    const token = makeToken(key, { nbf: now + 60 });
    expect(await refusalOf(scene.verifier.verify(token))).toBe('token_not_yet_valid');
    scene.at = now + 60;
    expect((await scene.verifier.verify(token)).sub).toBe('alice');
  });

  test('makes room when there are too many, the least used first', async () => {
    const { verifier } = makeScene(2);
    const [first, second, third] = ['1', '2', '3'].map((jti) => makeToken(key, { jti })) as [string, string, string];
    const claims = await verifier.verify(first);
    await verifier.verify(second);
    expect(await verifier.verify(first)).toBe(claims);
    await verifier.verify(third);
    expect(await verifier.verify(first)).toBe(claims);
    const again = await verifier.verify(second);
    expect(await verifier.verify(second)).toBe(again);
  });

  test('is forgotten when the verifier is closed, which ends following what is revoked', async () => {
    const scene = makeScene();
    const token = makeToken(key);
    const claims = await scene.verifier.verify(token);
    scene.verifier.close();
    expect(scene.closed).toBe(true);
    expect(await scene.verifier.verify(token)).not.toBe(claims);
  });
});

describe('revocation, as the verifier asks about it', () => {
  const checked = (check: RevocationCheck['check']) =>
    createVerifier({
      issuer,
      audience,
      keys: keysFromIssuer(() => JSON.stringify(jwkSet(key))),
      clock: { now: () => now },
      revocation: { start: () => undefined, ready: async () => undefined, close: () => undefined, check },
    });

  test('an answer that has to be fetched first is waited for', async () => {
    expect((await checked(async () => undefined).verify(makeToken(key))).sub).toBe('alice');
    const stale = checked(() => Promise.reject(new TokenError('revocation_stale', 'Too old.')));
    expect(await refusalOf(stale.verify(makeToken(key)))).toBe('revocation_stale');
  });

  test('nothing is asked about a token that is refused anyway', async () => {
    let asked = 0;
    const counting = checked(() => {
      asked += 1;
      return undefined;
    });
    await refusalOf(counting.verify(makeToken(key, { aud: 'other' })));
    await refusalOf(counting.verify(makeToken(makeKey('ES256', key.kid))));
    expect(asked).toBe(0);
  });
});

describe('a bounded map', () => {
  test('never holds more than it may, whatever is put in', () => {
    const map = createBoundedMap<number>(100);
    for (let entry = 0; entry < 10_000; entry += 1) {
      map.set(`kid-${entry}`, entry);
      expect(map.size).toBeLessThanOrEqual(100);
    }
    expect(map.get('kid-9999')).toBe(9999);
    expect(map.get('kid-9899')).toBeUndefined();
  });
});
