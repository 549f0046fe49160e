import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { nodeCryptoSigners } from '../../src/adapters/node_crypto_signer.ts';
import { generateKey } from '../../src/keys/generate.ts';
import { jwkSetOf, publishedKeysOf } from '../../src/keys/jwk_set.ts';
import { KeyRing } from '../../src/keys/key_ring.ts';
import { revokeKey, turnNow } from '../../src/keys/rotation.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import { createRecordedLog } from '../test_provider.ts';
import { grace, keyAt, lead, type OpenRings, openRings, period, policy, rowAt, start } from './rotation_parts.ts';

const turn = start + period;

const kidsAt = (keys: readonly SigningKeyRecord[], now: number): readonly string[] =>
  publishedKeysOf(keys, policy, now).map(({ kid }) => kid);

describe('which keys are published, and in which order', () => {
  const es = [keyAt(0), keyAt(1), keyAt(2, { activatesAt: start + 5 })];
  const rs = keyAt(0, { alg: 'RS256', kid: 'rs-0' });

  test('ES256 before RS256, each ring by slot, whatever the order of turns or rows', () => {
    expect(kidsAt([rs, ...es], start + 10)).toEqual(['kid-0', 'kid-1', 'kid-2', 'rs-0']);
    expect(kidsAt([...es.toReversed(), rs], start + 10)).toEqual(['kid-0', 'kid-1', 'kid-2', 'rs-0']);
  });

  test('a standby from the second its row is there, a retiring key until the last second of its grace', () => {
    const keys = [keyAt(0), keyAt(1)];
    expect(kidsAt(keys, start)).toEqual(['kid-0', 'kid-1']);
    expect(kidsAt(keys, turn + grace - 1)).toEqual(['kid-0', 'kid-1']);
    expect(kidsAt(keys, turn + grace)).toEqual(['kid-1']);
  });

  test('a revoked key in no second', () => {
    expect(kidsAt([keyAt(0), keyAt(1, { revokedAt: start + 1 })], start + 1)).toEqual(['kid-0']);
  });
});

describe('the JWK Set, RFC 7517 §5', () => {
  test('holds the members of RFC 7518 §6 in a fixed order, with kid, use and alg', async () => {
    const [es256, rs256] = [await generateKey('ES256'), await generateKey('RS256')];
    const rows = [
      keyAt(0, { kid: es256.kid, publicJwk: es256.publicJwk }),
      keyAt(0, { alg: 'RS256', kid: rs256.kid, publicJwk: rs256.publicJwk }),
    ];
    const { keys } = JSON.parse(jwkSetOf(rows).body);
    expect(keys.map(Object.keys)).toEqual([
      ['kty', 'crv', 'x', 'y', 'kid', 'use', 'alg'],
      ['kty', 'n', 'e', 'kid', 'use', 'alg'],
    ]);
    expect(keys).toMatchObject([
      { kty: 'EC', crv: 'P-256', kid: es256.kid, use: 'sig', alg: 'ES256' },
      { kty: 'RSA', e: 'AQAB', kid: rs256.kid, use: 'sig', alg: 'RS256' },
    ]);
  });

  test('has a strong ETag that is a hash of its bytes', () => {
    const set = jwkSetOf([keyAt(0)]);
    expect(set.etag).toBe(`"${createHash('sha256').update(set.body).digest('base64url')}"`);
    expect(jwkSetOf([keyAt(0)]).etag).toBe(set.etag);
    expect(jwkSetOf([keyAt(1)]).etag).not.toBe(set.etag);
  });

  test('without keys is an empty set, not an error', () => {
    expect(JSON.parse(jwkSetOf([]).body)).toEqual({ keys: [] });
  });
});

describe('I12: every node serves the same bytes and ETag', () => {
  const openNode = async (rings: OpenRings): Promise<KeyRing> => {
    const node = new KeyRing({ ...rings, signers: nodeCryptoSigners, log: createRecordedLog() });
    await node.refresh();
    return node;
  };

  test('two nodes on one database agree after each has read it, through a turn, a revocation and a removal', async () => {
    const rings = await openRings();
    const nodes = [await openNode(rings), await openNode(rings)];
    const agreed = async (): Promise<string> => {
      for (const node of nodes) await node.refresh();
      const sets = nodes.map((node) => node.jwkSet());
      expect(new Set(sets.map(({ body }) => body)).size).toBe(1);
      expect(new Set(sets.map(({ etag }) => etag)).size).toBe(1);
      return sets[0]?.etag ?? '';
    };
    const etags = [await agreed()];
    rings.clock.advance(lead);
    await turnNow('ES256', rings);
    etags.push(await agreed());
    await revokeKey((await rowAt(rings, 1)).kid, 'a test', rings);
    etags.push(await agreed());
    rings.clock.advance(grace);
    etags.push(await agreed());
    expect(new Set(etags).size).toBe(etags.length);
  });

  test('the bytes are the same objects from second to second while the keys are the same', async () => {
    const rings = await openRings();
    const node = await openNode(rings);
    const before = node.jwkSet();
    rings.clock.advance(1);
    expect(node.jwkSet()).toBe(before);
  });
});
