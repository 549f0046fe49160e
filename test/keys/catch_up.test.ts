import { describe, expect, test } from 'vitest';
import { revokeKey } from '../../src/keys/rotation.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { historyNode, keepHistory, live } from './history_nodes.ts';
import { refused, signsWith, startNode } from './ring_nodes.ts';
import { grace, policy as historyPolicy, openRings, period, rowAt, withStore } from './rotation_parts.ts';

const kidsOf = (node: { jwkSet(): { readonly kids: string } }): readonly string[] => node.jwkSet().kids.split(' ');

/** A node whose store answers, fails or hangs. */
const nodeWithStore = async (wait?: () => Promise<void>) => {
  const rings = await openRings();
  let [how, reads]: ['answers' | 'fails' | 'hangs', number] = ['answers', 0];
  const store = withStore(rings, {
    readSigningKeys: () => {
      reads += 1;
      if (how === 'fails') return Promise.reject(new StoreUnavailableError('down'));
      return how === 'hangs' ? new Promise(() => undefined) : rings.store.readSigningKeys();
    },
  });
  const { keyRing } = await startNode(store, wait && { wait });
  const revoked = (await rowAt(rings, 0)).kid;
  return {
    rings,
    keyRing,
    revoked,
    storeNow: (next: typeof how) => {
      how = next;
    },
    reads: () => reads,
  };
};

describe('a key set that is to be served', () => {
  test('is served as it is while it is no older than P', async () => {
    const { rings, keyRing } = await nodeWithStore();
    rings.clock.advance(rings.policy.snapshotSeconds);
    expect(keyRing.catchUp()).toBeUndefined();
  });

  test.each(['advance', 'leap'] as const)(
    'is read anew by a node that was paused, or whose machine slept: %s',
    async (passes) => {
      const { rings, keyRing, revoked } = await nodeWithStore();
      rings.clock[passes](31);
      await revokeKey(revoked, 'a test', rings);
      expect(kidsOf(keyRing)).toContain(revoked);
      await keyRing.catchUp();
      expect(kidsOf(keyRing)).not.toContain(revoked);
    },
  );

  test('is read once for all who ask at once', async () => {
    const { rings, keyRing, reads } = await nodeWithStore();
    rings.clock.advance(31);
    const before = reads();
    await Promise.all(Array.from({ length: 50 }, () => keyRing.catchUp()));
    const first = reads() - before;
    rings.clock.advance(31);
    await keyRing.catchUp();
    expect(reads() - before).toBe(2 * first);
  });

  test('is the old one when the store is down, which is asked once a second', async () => {
    const { rings, keyRing, revoked, storeNow, reads } = await nodeWithStore();
    storeNow('fails');
    rings.clock.advance(31);
    await keyRing.catchUp();
    const tried = reads();
    expect([keyRing.catchUp(), kidsOf(keyRing).includes(revoked), reads()]).toEqual([undefined, true, tried]);
    rings.clock.advance(1);
    await keyRing.catchUp();
    expect(reads()).toBe(tried + 1);
  });

  test('is waited for no longer than it may take, when the store hangs', async () => {
    const { rings, keyRing, revoked, storeNow } = await nodeWithStore(() => Promise.resolve());
    storeNow('hangs');
    rings.clock.advance(31);
    await keyRing.catchUp();
    expect(kidsOf(keyRing)).toContain(revoked);
  });
});

describe('the clock of a node, off by E already', () => {
  test('may leap by no more than lead has room for, 2E in all', async () => {
    const rings = await openRings();
    const off = { ...rings.clock, now: () => rings.clock.now() + 5 };
    const { keyRing } = await startNode(rings, { clock: off });
    rings.clock.leap(5);
    expect(signsWith(keyRing)).not.toBe(refused);
    rings.clock.leap(1);
    expect(signsWith(keyRing)).toBe(refused);
  });
});

describe('a key that the history says has left the key set', () => {
  test('does not come back when a longer grace is configured', async () => {
    const node = await historyNode(await openRings());
    const { kid } = await rowAt(node.rings, 0);
    await live(node, period + grace + 100);
    expect(kidsOf(node.keyRing)).not.toContain(kid);

    const policy = { ...historyPolicy, graceSeconds: 2 * grace };
    const later = await startNode({ ...node.rings, policy });
    expect(kidsOf(later.keyRing)).toContain(kid);
    await keepHistory(node.rings, later.keyRing).refresh();
    expect(kidsOf(later.keyRing)).not.toContain(kid);
  });
});
