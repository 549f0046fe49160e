import { describe, expect, test } from 'vitest';
import { createJoseKeyVault, parseKekRing } from '../../src/adapters/jose_key_vault.ts';
import { nodeCryptoSigners } from '../../src/adapters/node_crypto_signer.ts';
import { openKey } from '../../src/keys/open_key.ts';
import { type RotationParts, revokeKey, turnNow, turnRings, turnTogether } from '../../src/keys/rotation.ts';
import { KeyVaultError } from '../../src/seams/key_vault.ts';
import { signingAlgorithms } from '../../src/seams/signer.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { makeKekRing } from '../test_provider.ts';
import {
  lead,
  type OpenRings,
  openEmptyRings,
  openRings,
  period,
  rowAt,
  rowsOf,
  start,
  withStore,
} from './rotation_parts.ts';

/** Longer than P. */
const stoppedSeconds = 60;
/** A process that is stopped for so long right before its first write of this kind. */
const stoppedBefore = (verb: 'activateSigningKeys' | 'publishSigningKey' | 'revokeSigningKey', rings: OpenRings) => {
  let stopped = false;
  const stopping =
    <Values extends readonly unknown[]>(write: (...values: Values) => Promise<boolean>) =>
    (...values: Values): Promise<boolean> => {
      if (!stopped) rings.clock.advance(stoppedSeconds);
      stopped = true;
      return write(...values);
    };
  return withStore(rings, { [verb]: stopping(rings.store[verb] as (...values: unknown[]) => Promise<boolean>) });
};

const placesOf = (keys: readonly SigningKeyRecord[]) => keys.map(({ alg, slot }) => `${alg} ${slot}`);

/** A vault that takes its time: the clock goes on whenever it wraps or unwraps. */
const slowly = (rings: OpenRings, seconds: number): OpenRings => ({
  ...rings,
  vault: {
    ...rings.vault,
    wrap: async (...args) => {
      const jwe = await rings.vault.wrap(...args);
      rings.clock.advance(seconds);
      return jwe;
    },
    unwrap: async (...args) => {
      const jwk = await rings.vault.unwrap(...args);
      rings.clock.advance(seconds);
      return jwk;
    },
  },
});

describe('a turn of the runner', () => {
  test('on an empty database makes the first key and the standby of each ring, wrapped', async () => {
    const rings = openEmptyRings();
    const { published, erased, nextAt } = await turnRings(rings);
    const keys = await rowsOf(rings);
    expect(placesOf(keys)).toEqual(['ES256 0', 'ES256 1', 'RS256 0', 'RS256 1']);
    expect(published.map(({ kid }) => kid).sort()).toEqual(keys.map(({ kid }) => kid).sort());
    expect([erased, nextAt]).toEqual([[], start + period - lead - rings.policy.snapshotSeconds]);
    for (const key of keys)
      await openKey({ ...key, privateJwe: key.privateJwe ?? '' }, rings.issuer, rings.vault, nodeCryptoSigners);
  });

  test('changes nothing when nothing is due', async () => {
    const rings = await openRings();
    const before = await rowsOf(rings);
    rings.clock.advance(1);
    expect(await turnRings(rings)).toMatchObject({ published: [], erased: [] });
    expect(await rowsOf(rings)).toEqual(before);
  });

  test('erases the private half of a key at its turn', async () => {
    const rings = await openRings();
    const { kid } = await rowAt(rings, 0);
    rings.clock.advance(period);
    expect((await turnRings(rings)).erased).toContain(kid);
    expect(await rowAt(rings, 0)).toMatchObject({ privateJwe: null, erasedAt: start + period });
  });

  test('of nodes that come to erase a key at once, one says that it retired', async () => {
    const rings = await openRings();
    const { kid } = await rowAt(rings, 0);
    rings.clock.advance(period);
    const retired: string[] = [];
    const onKeyEvent: RotationParts['onKeyEvent'] = async (type, which) => {
      if (type === 'retired') retired.push(which);
    };
    await Promise.all([1, 2, 3].map(() => turnRings({ ...rings, onKeyEvent })));
    expect(retired.filter((which) => which === kid)).toEqual([kid]);
  });

  test('raises what the keys may sign for when T was raised, and never lowers it', async () => {
    const rings = await openRings();
    await turnRings({ ...rings, policy: { ...rings.policy, maxTokenSeconds: 900 } });
    await turnRings({ ...rings, policy: { ...rings.policy, maxTokenSeconds: 60 } });
    expect((await rowsOf(rings)).map((key) => key.longestTokenSeconds)).toEqual([900, 900, 900, 900]);
  });

  test('dates a key by when it is inserted: a process that was paused while making it still publishes it for lead', async () => {
    const rings = await openRings();
    rings.clock.advance(period - lead);
    const pause = 5 * period;
    await turnRings(slowly(rings, pause));
    const key = await rowAt(rings, 2);
    expect(key.publishedAt).toBeGreaterThanOrEqual(start + period - lead + pause);
    expect(key.activatesAt - key.publishedAt).toBeGreaterThanOrEqual(lead);
  });

  test('drops the key it made when another node was faster meanwhile', async () => {
    const rings = openEmptyRings();
    const faster = { ...rings, vault: { ...rings.vault } };
    let raced = false;
    faster.vault.wrap = async (...args) => {
      const jwe = await rings.vault.wrap(...args);
      if (!raced) {
        raced = true;
        await turnRings(rings);
      }
      return jwe;
    };
    expect((await turnRings(faster)).published).toEqual([]);
    expect(placesOf(await rowsOf(rings))).toEqual(['ES256 0', 'ES256 1', 'RS256 0', 'RS256 1']);
  });
});

describe('a runner that was stopped before it published a key', () => {
  test('I2: leaves it to the next, so that none is published for less than lead', async () => {
    const rings = await openRings();
    const late = period * 2;
    rings.clock.advance(late);
    await turnRings(stoppedBefore('publishSigningKey', rings));
    await turnRings(rings);
    for (const { publishedAt, activatesAt, slot } of await rowsOf(rings))
      if (slot > 1) {
        expect(publishedAt).toBe(start + late + stoppedSeconds);
        expect(activatesAt - publishedAt).toBeGreaterThanOrEqual(lead);
      }
  });
});

describe('a turn by hand', () => {
  test('is refused while the standby is younger than lead, and says how long', async () => {
    const rings = await openRings();
    const before = await rowsOf(rings);
    rings.clock.advance(lead - 1);
    expect(await turnNow('ES256', rings)).toEqual({ kid: (await rowAt(rings, 1)).kid, waitSeconds: 1 });
    expect(await rowsOf(rings)).toEqual(before);
  });

  test('lets the standby take over, erases the key before it and makes the next standby', async () => {
    const rings = await openRings();
    rings.clock.advance(lead);
    expect(await turnNow('ES256', rings)).toEqual({ kid: (await rowAt(rings, 1)).kid, activatesAt: start + lead });
    expect(await rowAt(rings, 0)).toMatchObject({ privateJwe: null, erasedAt: start + lead });
    expect(await rowAt(rings, 1)).toMatchObject({ activatesAt: start + lead });
    expect(await rowAt(rings, 2)).toMatchObject({ publishedAt: start + lead, activatesAt: start + lead + period });
  });

  test('a second one within lead is refused, one at lead is not', async () => {
    const rings = await openRings();
    rings.clock.advance(lead);
    await turnNow('ES256', rings);
    rings.clock.advance(lead - 1);
    expect(await turnNow('ES256', rings)).toMatchObject({ waitSeconds: 1 });
    rings.clock.advance(1);
    expect(await turnNow('ES256', rings)).toMatchObject({ kid: (await rowAt(rings, 2)).kid });
  });

  test('of one ring leaves the other alone', async () => {
    const rings = await openRings();
    rings.clock.advance(lead);
    await turnNow('ES256', rings);
    expect(await rowAt(rings, 0, 'RS256')).toMatchObject({ erasedAt: null });
    expect(await rowAt(rings, 1, 'RS256')).toMatchObject({ activatesAt: start + period });
  });

  test('does not happen where the standby does not open: this process has not its KEK', async () => {
    const rings = await openRings();
    rings.clock.advance(lead);
    const before = await rowsOf(rings);
    const stranger = { ...rings, vault: createJoseKeyVault(parseKekRing(makeKekRing('kek-other'), 'a test')) };
    await expect(turnNow('ES256', stranger)).rejects.toThrow(KeyVaultError);
    expect(await rowsOf(rings)).toEqual(before);
  });

  test('is dated by when it is written: grace does not begin while the standby is still being opened', async () => {
    const rings = await openRings();
    rings.clock.advance(lead);
    const turn = await turnNow('ES256', slowly(rings, 100));
    expect(turn).toMatchObject({ activatesAt: start + lead + 100 });
  });

  test('that was stopped before it was written is planned anew: its grace does not lie in the past', async () => {
    const rings = await openRings();
    rings.clock.advance(lead);
    const turn = await turnNow('ES256', stoppedBefore('activateSigningKeys', rings));
    expect(turn).toMatchObject({ activatesAt: start + lead + stoppedSeconds });
    expect((await rowAt(rings, 1)).activatesAt).toBe(start + lead + stoppedSeconds);
  });

  test('of both rings is of neither, where the standby of one does not open', async () => {
    const rings = await openRings();
    rings.clock.advance(lead);
    const before = await rowsOf(rings);
    const standby = await rowAt(rings, 1, 'RS256');
    const unwrap: typeof rings.vault.unwrap = (jwe, context) =>
      jwe === standby.privateJwe ? Promise.reject(new KeyVaultError('no such key')) : rings.vault.unwrap(jwe, context);
    const half = { ...rings, vault: { ...rings.vault, unwrap } };
    await expect(turnTogether(signingAlgorithms, half)).rejects.toThrow(KeyVaultError);
    expect(await rowsOf(rings)).toEqual(before);
  });

  test('of both rings is of neither, where the second turns while the standbys are opened', async () => {
    const rings = await openRings();
    rings.clock.advance(lead);
    const standby = await rowAt(rings, 1, 'RS256');
    const unwrap: typeof rings.vault.unwrap = async (jwe, context) => {
      if (jwe === standby.privateJwe) await turnNow('RS256', rings);
      return rings.vault.unwrap(jwe, context);
    };
    const turns = await turnTogether(signingAlgorithms, { ...rings, vault: { ...rings.vault, unwrap } });
    expect(turns.map(({ turned }) => turned)).toEqual([false, false]);
    expect(await rowAt(rings, 0)).toMatchObject({ erasedAt: null });
  });

  test('of both rings is of neither, where somebody else turns the second just before', async () => {
    const rings = await openRings();
    rings.clock.advance(lead);
    const { activateSigningKeys } = rings.store;
    const store: typeof rings.store = {
      ...rings.store,
      activateSigningKeys: async (activations, latest) => {
        await turnNow('RS256', rings);
        return activateSigningKeys(activations, latest);
      },
    };
    expect(await turnTogether(signingAlgorithms, { ...rings, store })).toEqual([
      { alg: 'ES256', turn: { kid: (await rowAt(rings, 1)).kid, activatesAt: start + lead }, turned: false },
      { alg: 'RS256', turn: { kid: (await rowAt(rings, 2, 'RS256')).kid, waitSeconds: lead }, turned: false },
    ]);
    expect(await rowAt(rings, 0)).toMatchObject({ erasedAt: null });
  });

  test('of which each write comes too late is given up, as a revocation is, and says why', async () => {
    const rings = await openRings();
    rings.clock.advance(lead);
    const late = async (): Promise<boolean> => false;
    const slow = { ...rings, store: { ...rings.store, activateSigningKeys: late, revokeSigningKey: late } };
    await expect(turnTogether(signingAlgorithms, slow)).rejects.toThrow('it took longer than P');
    await expect(revokeKey((await rowAt(rings, 0)).kid, 'leaked', slow)).rejects.toThrow(StoreUnavailableError);
    expect(await rowAt(rings, 0)).toMatchObject({ revokedAt: null });
  });

  test('two at once turn the ring once', async () => {
    const rings = await openRings();
    rings.clock.advance(lead);
    const turns = await Promise.all([turnNow('ES256', rings), turnNow('ES256', rings)]);
    expect(turns.filter((turn) => 'activatesAt' in turn).length).toBe(1);
    expect(turns.filter((turn) => 'waitSeconds' in turn)).toMatchObject([{ waitSeconds: lead }]);
    expect((await rowsOf(rings)).filter(({ alg }) => alg === 'ES256').length).toBe(3);
  });
});

describe('a revocation', () => {
  test('of the active key makes two turns: the standby now, and an unseen key after lead', async () => {
    const rings = await openRings();
    rings.clock.advance(lead);
    const now = start + lead;
    const [active, standby] = [await rowAt(rings, 0), await rowAt(rings, 1)];
    const plan = await revokeKey(active.kid, 'leaked', rings);
    expect(plan).toMatchObject({ revokedAt: now, promotedKid: standby.kid, successor: { slot: 2 } });
    expect(await rowAt(rings, 0)).toMatchObject({
      privateJwe: null,
      erasedAt: now,
      revokedAt: now,
      revocationReason: 'leaked',
    });
    expect(await rowAt(rings, 1)).toMatchObject({ activatesAt: now });
    expect(await rowAt(rings, 2)).toMatchObject({ publishedAt: now, activatesAt: now + lead });
    expect(await rowAt(rings, 3)).toMatchObject({ publishedAt: now, activatesAt: now + lead + period });
  });

  test('of a standby erases it and makes another', async () => {
    const rings = await openRings();
    const { kid } = await rowAt(rings, 1);
    expect(await revokeKey(kid, 'lost', rings)).toEqual({ revokedAt: start, promotedKid: null, successor: null });
    expect(await rowAt(rings, 1)).toMatchObject({ privateJwe: null, revokedAt: start });
    expect(await rowAt(rings, 2)).toMatchObject({ activatesAt: start + period });
  });

  test('of a retiring key keeps the instant at which it was erased', async () => {
    const rings = await openRings();
    rings.clock.advance(period);
    await turnRings(rings);
    rings.clock.advance(7);
    await revokeKey((await rowAt(rings, 0)).kid, 'late', rings);
    expect(await rowAt(rings, 0)).toMatchObject({ erasedAt: start + period, revokedAt: start + period + 7 });
  });

  test('of a key that is revoked, or that there is none of, does nothing', async () => {
    const rings = await openRings();
    const { kid } = await rowAt(rings, 0);
    await revokeKey(kid, 'first', rings);
    const before = await rowsOf(rings);
    expect(await revokeKey(kid, 'second', rings)).toBeUndefined();
    expect(await revokeKey('no such kid', 'third', rings)).toBeUndefined();
    expect(await rowsOf(rings)).toEqual(before);
  });

  test('is dated by when it is written: the second turn comes lead after it, however long its key took to make', async () => {
    const rings = await openRings();
    const plan = await revokeKey((await rowAt(rings, 0)).kid, 'leaked', slowly(rings, 50));
    expect(plan?.revokedAt).toBe(start + 50);
    expect(await rowAt(rings, 2)).toMatchObject({ publishedAt: start + 50, activatesAt: start + 50 + lead });
  });

  test('that was stopped before it was written is planned anew: its second turn comes lead after it', async () => {
    const rings = await openRings();
    await revokeKey((await rowAt(rings, 0)).kid, 'leaked', stoppedBefore('revokeSigningKey', rings));
    expect(await rowAt(rings, 0)).toMatchObject({ revokedAt: start + stoppedSeconds });
    expect(await rowAt(rings, 2)).toMatchObject({
      publishedAt: start + stoppedSeconds,
      activatesAt: start + stoppedSeconds + lead,
    });
  });

  test('the same by two at once is done once', async () => {
    const rings = await openRings();
    const { kid } = await rowAt(rings, 0);
    const plans = await Promise.all([revokeKey(kid, 'one', rings), revokeKey(kid, 'two', rings)]);
    expect(plans.filter((plan) => plan !== undefined).length).toBe(1);
    const unrevoked = (await rowsOf(rings)).filter((key) => key.alg === 'ES256' && key.revokedAt === null);
    expect(unrevoked.map(({ slot }) => slot)).toEqual([1, 2, 3]);
  });

  test('starts anew when the ring turned while its key was being made', async () => {
    const rings = await openRings();
    rings.clock.advance(lead);
    const { kid } = await rowAt(rings, 0);
    let raced = false;
    const racing = withStore(rings, {
      revokeSigningKey: async (revocation) => {
        if (!raced) {
          raced = true;
          await turnNow('ES256', rings);
        }
        return rings.store.revokeSigningKey(revocation);
      },
    });
    await revokeKey(kid, 'leaked', racing);
    expect(await rowAt(rings, 0)).toMatchObject({ revocationReason: 'leaked' });
    expect(await rowAt(rings, 1)).toMatchObject({ activatesAt: start + lead, revokedAt: null });
  });
});
