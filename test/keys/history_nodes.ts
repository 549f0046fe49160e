// Nodes that keep a key history over the rings of rotation_parts.ts, and a history made long by turns and a revocation.
import { createKeyHistory, type KeyHistory, type KeyHistoryParts } from '../../src/keys/keep_key_history.ts';
import type { KeyRing } from '../../src/keys/key_ring.ts';
import { revokeKey } from '../../src/keys/rotation.ts';
import { startNode } from './ring_nodes.ts';
import { issuer, type OpenRings, openRings, period, policy, rowAt } from './rotation_parts.ts';

export interface HistoryNode {
  readonly rings: OpenRings;
  readonly keyRing: KeyRing;
  readonly keyHistory: KeyHistory;
  /** Does what the server's timer does. */
  refresh(): Promise<void>;
  /** @throws when there is none. */
  document(): string;
}

export const keepHistory = (
  { store }: Pick<KeyHistoryParts, 'store'>,
  keyRing: KeyHistoryParts['keyRing'],
): KeyHistory => createKeyHistory({ issuer, policy, store, keyRing });

export const historyNode = async (rings: OpenRings): Promise<HistoryNode> => {
  const { keyRing } = await startNode(rings);
  const keyHistory = keepHistory(rings, keyRing);
  await keyHistory.refresh();
  return {
    rings,
    keyRing,
    keyHistory,
    refresh: async () => {
      await keyRing.refresh();
      await keyHistory.refresh();
    },
    document: () => {
      const document = keyHistory.document();
      if (document === undefined) throw new TypeError('there is no document');
      return document;
    },
  };
};

/** Lets so much time pass, in steps, as a server lives through it. */
export const live = async (
  node: HistoryNode,
  seconds: number,
  step = 100,
  refresh: () => Promise<unknown> = node.refresh,
): Promise<void> => {
  for (let passed = 0; passed < seconds; passed += step) {
    node.rings.clock.advance(step);
    await refresh();
  }
};

/** Both rings over three periods, the second ES256 key revoked while it signed. */
export const eventfulRings = async () => {
  const rings = await openRings();
  const node = await historyNode(rings);
  await live(node, period + 300);
  await revokeKey((await rowAt(rings, 1)).kid, 'laptop stolen', rings);
  await live(node, 2 * period);
  return { rings, node };
};
