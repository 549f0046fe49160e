import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { revocationExposure, unseenKidSignsAt, type VerifierKind } from '../../src/keys/revocation_exposure.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';

const t = 1_800_000_000;
/** P 30, S 300, A 300, F 30, V 46800. */
const { policy } = readConfig({});

const key = (slot: number, instants: Partial<SigningKeyRecord>): SigningKeyRecord => ({
  alg: 'ES256',
  slot,
  kid: `kid-${slot}`,
  publicJwk: {},
  privateJwe: 'wrapped',
  publishedAt: t - 1000,
  activatesAt: t - 1000,
  longestTokenSeconds: 3600,
  erasedAt: null,
  revokedAt: null,
  revocationReason: null,
  ...instants,
});

const boundOf = (verifier: VerifierKind, timing = policy, unseenAt: number | null = t + policy.leadSeconds) =>
  revocationExposure(timing, t, unseenAt).find((exposure) => exposure.verifier === verifier)?.acceptedUntil;

describe('how long a key revoked at t may be accepted', () => {
  test('I5: by a verifier that obeys Cache-Control until t + P + S + A + F', () => {
    expect(boundOf('cache_control')).toBe(t + 30 + 300 + 300 + 30);
  });

  test("by a verifier with a cache of its own, V', until t + P + S + V' + F, shortest first", () => {
    const fixed = revocationExposure(policy, t, null).filter(({ verifier }) => verifier === 'fixed_cache');
    expect(fixed.map(({ libraries, acceptedUntil }) => [libraries.join(), Number(acceptedUntil) - t])).toEqual([
      ['PyJWT', 30 + 300 + 300 + 30],
      ['jose,jwks-rsa,Envoy', 30 + 300 + 600 + 30],
      ['.NET', 30 + 300 + 46800 + 30],
    ]);
  });

  test('the slowest verifier that was declared has a line of its own when no library is like it', () => {
    const fixed = revocationExposure({ ...policy, slowestVerifierSeconds: 7200 }, t, null);
    expect(fixed).toContainEqual({
      verifier: 'fixed_cache',
      libraries: [],
      cacheSeconds: 7200,
      acceptedUntil: t + 30 + 300 + 7200 + 30,
    });
  });

  test('by one that refetches on an unknown kid alone until the second turn and its fetch', () => {
    expect(boundOf('unknown_kid')).toBe(t + policy.leadSeconds + 30);
  });

  test('T032: by one that refetches on an unknown kid no sooner than shared caches let go of the old key set', () => {
    expect(boundOf('unknown_kid', policy, t)).toBe(boundOf('cache_control'));
  });

  test('by a copy made by hand for ever, and for ever too where no key is to come', () => {
    expect(boundOf('hand_copied')).toBeNull();
    expect(boundOf('unknown_kid', policy, null)).toBeNull();
  });
});

describe('when a key signs that nobody had seen at the revocation', () => {
  const revoked = { alg: 'ES256', revokedAt: t } as const;

  test('it is the earliest of those published since, not the standby everybody has', () => {
    const ring = [
      key(0, { revokedAt: t }),
      key(1, { activatesAt: t }),
      key(2, { publishedAt: t, activatesAt: t + 50 }),
      key(3, { publishedAt: t, activatesAt: t + 900 }),
    ];
    expect(unseenKidSignsAt(ring, revoked, policy)).toBe(t + 50);
  });

  test('where none is published yet it comes a period after the last standby', () => {
    const ring = [key(0, { revokedAt: t }), key(1, {}), key(2, { activatesAt: t + 10 })];
    expect(unseenKidSignsAt(ring, revoked, policy)).toBe(t + 10 + policy.periodSeconds);
  });

  test('the other ring does not count', () => {
    const ring = [key(0, { revokedAt: t }), key(0, { alg: 'RS256', publishedAt: t, activatesAt: t + 1 })];
    expect(unseenKidSignsAt(ring, revoked, policy)).toBeNull();
  });
});
