import { describe, expect, test } from 'vitest';
import { createJoseKeyVault, parseKekRing } from '../../src/adapters/jose_key_vault.ts';
import { nodeCryptoSigners } from '../../src/adapters/node_crypto_signer.ts';
import { jwkSetOf, publishedKeysOf } from '../../src/keys/jwk_set.ts';
import { revokeKey, turnNow } from '../../src/keys/rotation.ts';
import { KeyVaultError } from '../../src/seams/key_vault.ts';
import { makeKekRing } from '../test_provider.ts';
import { damage, nodeOf, refused, signsWith, startNode } from './ring_nodes.ts';
import { lead, openRings, period, rowAt, rowsOf, start, withStore } from './rotation_parts.ts';

describe('keys that do not open', () => {
  test('the active one: a node without its KEK does not start, and changes nothing though much is due', async () => {
    const rings = await openRings();
    rings.clock.advance(period);
    const before = await rowsOf(rings);
    const vault = createJoseKeyVault(parseKekRing(makeKekRing('kek-other'), 'a test'));
    const { keyRing } = nodeOf(rings, { vault });
    await expect(keyRing.refresh()).rejects.toThrow(KeyVaultError);
    expect(await rowsOf(rings)).toEqual(before);
    expect(signsWith(keyRing)).toBe(refused);
  });

  test('a standby: it is logged, and the node signs', async () => {
    const rings = await openRings();
    await damage(rings, 1, 'ES256');
    const { keyRing, log } = await startNode(rings);
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 0)).kid);
    const [{ level, fields } = {}] = log.records;
    expect([level, fields]).toMatchObject(['error', { kid: (await rowAt(rings, 1)).kid }]);
  });

  test('of one ring do not keep the other from signing', async () => {
    const rings = await openRings();
    await damage(rings, 1, 'RS256');
    rings.clock.advance(period - 1);
    const { keyRing } = await startNode(rings);
    rings.clock.advance(1);
    expect(signsWith(keyRing, 'ES256')).toBe((await rowAt(rings, 1)).kid);
    expect(signsWith(keyRing, 'RS256')).toBe(refused);
    expect(keyRing.notSigning()).toBe('no active RS256 key is open on this node');
  });

  test('of one ring leave a node that runs a fresh view: it signs with the other, publishes what others publish, changes nothing', async () => {
    const rings = await openRings();
    await damage(rings, 1, 'RS256');
    rings.clock.advance(lead);
    const { keyRing } = await startNode(rings);
    await turnNow('RS256', { ...rings, vault: { ...rings.vault, unwrap: () => Promise.resolve({}) } });
    await revokeKey((await rowAt(rings, 0)).kid, 'a test', rings);
    const before = await rowsOf(rings);
    for (const _ of [1, 2, 3]) {
      rings.clock.advance(rings.policy.snapshotSeconds);
      await expect(keyRing.refresh()).rejects.toThrow(KeyVaultError);
    }
    expect([signsWith(keyRing, 'ES256'), signsWith(keyRing, 'RS256')]).toEqual([(await rowAt(rings, 1)).kid, refused]);
    expect(keyRing.jwkSet()).toEqual(jwkSetOf(publishedKeysOf(before, rings.policy, rings.clock.now())));
    expect(await rowsOf(rings)).toEqual(before);
  });
});

describe('I4: private keys in memory', () => {
  test('a retired signer is let go: were its key ever to sign again, it would have to be opened anew', async () => {
    const rings = await openRings();
    const early = await rings.store.readSigningKeys();
    const opened: unknown[] = [];
    let read = rings.store.readSigningKeys;
    const { keyRing } = nodeOf(withStore(rings, { readSigningKeys: () => read() }), {
      signers: {
        open: (jwk) => {
          opened.push(jwk.kid);
          return nodeCryptoSigners.open(jwk);
        },
      },
    });
    await keyRing.refresh();
    rings.clock.advance(lead);
    await turnNow('ES256', rings);
    await keyRing.refresh();
    const { kid } = await rowAt(rings, 0);
    const times = () => opened.filter((other) => other === kid).length;
    expect(times()).toBe(1);
    read = () => Promise.resolve({ ...early, databaseNow: start });
    await keyRing.refresh();
    expect(times()).toBe(2);
  });

  test('a key that another process retired is erased from the node within its next reading', async () => {
    const rings = await openRings();
    const { keyRing } = await startNode(rings);
    rings.clock.advance(lead);
    await keyRing.refresh();
    await turnNow('ES256', rings);
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 0)).kid);
    await keyRing.refresh();
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 1)).kid);
  });
});
