import { describe, expect, test } from 'vitest';
import { createJoseKeyVault, parseKekRing } from '../../src/adapters/jose_key_vault.ts';
import { nodeCryptoSigners } from '../../src/adapters/node_crypto_signer.ts';
import { openKey } from '../../src/keys/open_key.ts';
import { rewrapKeys, turnRings } from '../../src/keys/rotation.ts';
import { makeKekRing } from '../test_provider.ts';
import { type OpenRings, openRings, period, rowAt, rowsOf, start, withStore } from './rotation_parts.ts';

describe('rewrapping', () => {
  const newKeks = JSON.parse(makeKekRing('kek-new')).keys;
  const vaultOf = (keys: readonly unknown[]) => createJoseKeyVault(parseKekRing(JSON.stringify({ keys }), 'a test'));

  /** The same rings with a new KEK before the old one. */
  const withNewKek = (rings: OpenRings): OpenRings => ({
    ...rings,
    vault: vaultOf([...newKeks, ...JSON.parse(rings.kekRing).keys]),
  });

  const keksOf = async (rings: OpenRings) =>
    (await rowsOf(rings)).map(({ privateJwe }) => privateJwe && rings.vault.wrappedWith(privateJwe));

  test('moves every wrapped key to the newest KEK, and none twice', async () => {
    const rings = withNewKek(await openRings());
    const kids = (await rowsOf(rings)).map(({ kid }) => kid);
    expect(await rewrapKeys(rings)).toEqual(kids);
    expect(new Set(await keksOf(rings))).toEqual(new Set(['kek-new']));
    expect(await rewrapKeys(rings)).toEqual([]);
  });

  test('leaves the keys themselves as they are: they open with the new KEK alone', async () => {
    const rings = withNewKek(await openRings());
    await rewrapKeys(rings);
    for (const key of await rowsOf(rings)) {
      const opened = openKey(
        { ...key, privateJwe: key.privateJwe ?? '' },
        rings.issuer,
        vaultOf(newKeks),
        nodeCryptoSigners,
      );
      await expect(opened).resolves.toMatchObject({ kid: key.kid, alg: key.alg });
    }
  });

  test('passes over keys whose private half is erased', async () => {
    const rings = await openRings();
    rings.clock.advance(period);
    await turnRings(rings);
    expect(await rewrapKeys(withNewKek(rings))).not.toContain((await rowAt(rings, 0)).kid);
  });

  test('killed half-way goes on where it stopped', async () => {
    const rings = withNewKek(await openRings());
    let moved = 0;
    const dying = withStore(rings, {
      rewrapSigningKey: async (...args) => {
        moved += 1;
        if (moved > 2) throw new Error('killed');
        return rings.store.rewrapSigningKey(...args);
      },
    });
    await expect(rewrapKeys(dying)).rejects.toThrow('killed');
    expect((await rewrapKeys(rings)).length).toBe(2);
    expect(new Set(await keksOf(rings))).toEqual(new Set(['kek-new']));
  });

  test('does not bring back a key that was erased meanwhile', async () => {
    const rings = withNewKek(await openRings());
    const { kid } = await rowAt(rings, 0);
    const racing = withStore(rings, {
      rewrapSigningKey: async (...args) => {
        await rings.store.erasePrivateHalf(kid, start);
        return rings.store.rewrapSigningKey(...args);
      },
    });
    expect(await rewrapKeys(racing)).not.toContain(kid);
    expect(await rowAt(rings, 0)).toMatchObject({ privateJwe: null });
  });
});
