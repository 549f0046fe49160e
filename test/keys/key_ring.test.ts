import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import type { KeyRing } from '../../src/keys/key_ring.ts';
import { lifetimesOf, ringOf } from '../../src/keys/lifecycle.ts';
import { readRings } from '../../src/keys/rotation.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { signJwt } from '../../src/tokens/jws.ts';
import { nodeOf, refused, signsWith, startNode } from './ring_nodes.ts';
import { lead, openEmptyRings, openRings, period, rowAt, rowsOf, withStore } from './rotation_parts.ts';

describe('a node', () => {
  test('makes the first keys, and signs tokens that verify with the key set it serves', async () => {
    const { keyRing } = await startNode(openEmptyRings());
    for (const alg of ['ES256', 'RS256'] as const) {
      const token = await signJwt('at+jwt', { sub: 'anyone' }, keyRing.activeSigner(alg).signer);
      const { protectedHeader } = await jwtVerify(token, createLocalJWKSet(JSON.parse(keyRing.jwkSet().body)));
      expect(protectedHeader).toMatchObject({ alg, kid: signsWith(keyRing, alg) });
    }
  });

  test('before it has read the keys signs nothing, says why, and serves an empty key set', async () => {
    const { keyRing } = nodeOf(await openRings());
    expect(signsWith(keyRing)).toBe(refused);
    expect(keyRing.notSigning()).toContain('have not been read yet');
    expect(JSON.parse(keyRing.jwkSet().body)).toEqual({ keys: [] });
  });

  test('lets the standby sign from the second of its turn, without having read the keys again', async () => {
    const rings = await openRings();
    rings.clock.advance(period - 1);
    const { keyRing } = await startNode(rings);
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 0)).kid);
    rings.clock.advance(1);
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 1)).kid);
  });

  test('tells in how many seconds something happens by itself', async () => {
    const rings = await openRings();
    const wait = await nodeOf(rings).keyRing.refresh();
    expect(wait).toBe(period - lead - rings.policy.snapshotSeconds);
  });

  test('lets no token outlive what is written on its key, and raises that when T was raised', async () => {
    const rings = await openRings();
    const lifetime = async (maxTokenSeconds: number) => {
      const { keyRing } = await startNode({ ...rings, policy: { ...rings.policy, maxTokenSeconds } });
      return keyRing.activeSigner('ES256').longestTokenSeconds;
    };
    expect([await lifetime(60), await lifetime(900), await lifetime(60)]).toEqual([600, 900, 900]);
  });

  test('logs kids and instants, and nothing of the keys', async () => {
    const rings = openEmptyRings();
    const { log } = await startNode(rings);
    const rows = await rowsOf(rings);
    expect(log.records.map(({ message }) => message)).toEqual(rows.map(() => 'key published'));
    const text = JSON.stringify(log.records);
    for (const { privateJwe, publicJwk } of rows)
      for (const secret of [privateJwe, publicJwk.x ?? publicJwk.n]) expect(text).not.toContain(secret);
  });
});

describe('rings that have seen a later clock', () => {
  const warnings = ({ records }: { records: readonly { level: string; message: string }[] }) =>
    records.filter(({ level }) => level === 'warn').map(({ message }) => message);

  test('stand still: each node says so once, and again after it was over', async () => {
    const rings = await openRings();
    rings.clock.advance(-(rings.policy.clockErrorSeconds + 1));
    const { keyRing, log } = await startNode(rings);
    await keyRing.refresh();
    expect(warnings(log)).toEqual([expect.stringMatching(/^no key turns: .* clock that is ahead .* stand still/)]);
    rings.clock.advance(1);
    await keyRing.refresh();
    rings.clock.advance(-1);
    await keyRing.refresh();
    expect(warnings(log)).toHaveLength(2);
  });

  test('within E they go on, and nobody is told', async () => {
    const rings = await openRings();
    rings.clock.advance(-rings.policy.clockErrorSeconds);
    expect(warnings((await startNode(rings)).log)).toEqual([]);
  });
});

describe('a snapshot older than P', () => {
  test('signs nothing: 503 signing_unavailable; one of exactly P still signs', async () => {
    const rings = await openRings();
    const { keyRing } = await startNode(rings);
    rings.clock.advance(rings.policy.snapshotSeconds);
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 0)).kid);
    expect(keyRing.notSigning()).toBeUndefined();
    rings.clock.advance(1);
    expect(signsWith(keyRing)).toBe(refused);
    expect(keyRing.notSigning()).toBe('the signing keys were last read 31 s ago, at most 30 s are allowed');
  });

  test('goes on being served as key set, and signs again once it is read anew', async () => {
    const rings = await openRings();
    const { keyRing } = await startNode(rings);
    const before = keyRing.jwkSet();
    rings.clock.advance(300);
    expect(keyRing.jwkSet()).toBe(before);
    await keyRing.refresh();
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 0)).kid);
  });

  test('is what a node keeps whose store fails, until it is older than P', async () => {
    const rings = await openRings();
    let failing = false;
    const store = withStore(rings, {
      readSigningKeys: () =>
        failing ? Promise.reject(new StoreUnavailableError('down')) : rings.store.readSigningKeys(),
    });
    const { keyRing } = await startNode(store);
    const before = keyRing.jwkSet();
    failing = true;
    rings.clock.advance(20);
    await expect(keyRing.refresh()).rejects.toThrow(StoreUnavailableError);
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 0)).kid);
    rings.clock.advance(11);
    expect([signsWith(keyRing), keyRing.jwkSet()]).toEqual([refused, before]);
  });

  test('is young where the store gave the keys but cannot write what is due: a full disk stops no signature', async () => {
    const rings = await openRings();
    let full = false;
    const store = withStore(rings, {
      publishSigningKey: (key) =>
        full ? Promise.reject(new StoreUnavailableError('full')) : rings.store.publishSigningKey(key),
    });
    const { keyRing } = await startNode(store);
    full = true;
    rings.clock.advance(period - lead);
    await expect(keyRing.refresh()).rejects.toThrow(StoreUnavailableError);
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 0)).kid);
    rings.clock.advance(lead);
    await expect(keyRing.refresh()).rejects.toThrow(StoreUnavailableError);
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 1)).kid);
    full = false;
    await keyRing.refresh();
    expect((await rowAt(rings, 2)).revokedAt).toBeNull();
  });

  test('is as old as the moment before it was read, however long the reading took', async () => {
    const rings = await openRings();
    const slow = withStore(rings, {
      readSigningKeys: async () => {
        const found = await rings.store.readSigningKeys();
        rings.clock.advance(20);
        return found;
      },
    });
    const { keyRing } = await startNode(slow);
    rings.clock.advance(10);
    expect(signsWith(keyRing)).not.toBe(refused);
    rings.clock.advance(1);
    expect(signsWith(keyRing)).toBe(refused);
  });
});

describe("a node's clock", () => {
  /** A node whose clock is off the database's by so many seconds. */
  const nodeOff = async (seconds: number): Promise<KeyRing> => {
    const rings = await openRings();
    const { clock } = rings;
    const own = { ...clock, now: () => clock.now() + seconds };
    return (await startNode(rings, { clock: own })).keyRing;
  };

  test.each([5, -5])('that is E off the database signs: %i s', async (offset) => {
    expect(signsWith(await nodeOff(offset))).not.toBe(refused);
  });

  test.each([6, -6])('that is further off signs nothing, and says so: %i s', async (offset) => {
    const keyRing = await nodeOff(offset);
    expect(signsWith(keyRing)).toBe(refused);
    expect(keyRing.notSigning()).toBe("this node's clock is 6 s off the database's, at most 5 s are allowed");
    expect(JSON.parse(keyRing.jwkSet().body).keys.length).toBe(4);
  });

  test.each([5000, -5000])(
    'I12: that is far off serves the key set of the others all the same: %i s',
    async (offset) => {
      const rings = await openRings();
      const { clock } = rings;
      const right = (await startNode(rings)).keyRing;
      const wrong = (await startNode(rings, { clock: { ...clock, now: () => clock.now() + offset } })).keyRing;
      expect(wrong.jwkSet().kids).toBe(right.jwkSet().kids);
      expect(wrong.jwkSet().body).toBe(right.jwkSet().body);
    },
  );

  test.each([60, -60, 7200])(
    'I12: whose clock is set by %i s between two readings goes on with the key set it had, and leaves out what is due',
    async (seconds) => {
      const rings = await openRings();
      const { keyRing } = await startNode(rings);
      rings.clock.advance(period - 1);
      await keyRing.refresh();
      const removedAt = lifetimesOf(ringOf(keyRing.keys, 'ES256'), rings.policy, 0)[0]?.removedAt ?? 0;
      rings.clock.advance(removedAt - rings.clock.now() - 10);
      await keyRing.refresh();
      const before = keyRing.jwkSet().kids;
      rings.clock.leap(seconds);
      expect(keyRing.jwkSet().kids).toBe(before);
      rings.clock.advance(12);
      expect(keyRing.jwkSet().kids).not.toBe(before);
      expect(before).toContain(keyRing.jwkSet().kids.split(' ')[0]);
    },
  );

  test('is not off because reading and opening the keys took time', async () => {
    const rings = await openRings();
    const policy = { ...rings.policy, clockErrorSeconds: 0 };
    const unwrap: typeof rings.vault.unwrap = async (...args) => {
      rings.clock.advance(1);
      return rings.vault.unwrap(...args);
    };
    const { keyRing } = await startNode({ ...rings, policy }, { vault: { ...rings.vault, unwrap } });
    expect(keyRing.notSigning()).toBeUndefined();
  });

  test.each([7200, -7200])('that is set by %i s between two readings signs nothing until the next', async (seconds) => {
    const rings = await openRings();
    const { keyRing } = await startNode(rings);
    rings.clock.leap(seconds);
    expect(signsWith(keyRing)).toBe(refused);
    expect(keyRing.notSigning()).toContain('has leapt 7200 s');
    await keyRing.refresh();
    expect(signsWith(keyRing)).not.toBe(refused);
  });

  test('that is E slow at a turn signs without a break, while the turn is carried out and after', async () => {
    const rings = await openRings();
    const slow = { ...rings.clock, now: () => rings.clock.now() - 5 };
    let during: string | undefined;
    const parts = withStore(rings, {
      erasePrivateHalf: (...args) => {
        rings.clock.advance(1);
        during = signsWith(node.keyRing);
        return rings.store.erasePrivateHalf(...args);
      },
    });
    const node = nodeOf(parts, { clock: slow });
    rings.clock.advance(period - 1);
    await node.keyRing.refresh();
    rings.clock.advance(1);
    await node.keyRing.refresh();
    expect(during).toBe((await rowAt(rings, 0)).kid);
    expect(signsWith(node.keyRing)).toBe((await rowAt(rings, 1)).kid);
  });

  test('that is E slow at a turn signs with the new key where another carries the turn out', async () => {
    const rings = await openRings();
    const slow = { ...rings.clock, now: () => rings.clock.now() - 5 };
    const { keyRing } = await startNode(rings, { clock: slow, turn: readRings });
    rings.clock.advance(period);
    await keyRing.refresh();
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 1)).kid);
  });
});
