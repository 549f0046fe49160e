// Rings that are turned, revoked in and left alone at random: whatever happens, in whatever order a node looks, the
// history that is written verifies, tells all of it, and goes on from every copy saved before.
import { describe, expect, test } from 'vitest';
import { keyEventsOf } from '../../src/keys/key_events.ts';
import { allLifetimesOf } from '../../src/keys/lifecycle.ts';
import { revokeKey, turnNow } from '../../src/keys/rotation.ts';
import { compareKeyHistories, type VerifiedKeyHistory, verifyKeyHistory } from '../../src/keys/verify_key_history.ts';
import { times } from '../properties/runs.ts';
import { type HistoryNode, historyNode, keepHistory } from './history_nodes.ts';
import { openRings, policy } from './rotation_parts.ts';

const seeds = Number(process.env.HISTORY_WALKS ?? times(12));
const steps = 16;

/** Numbers from 0 to 1, the same for each seed. */
const dice = (seed: number) => {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
};

const act = async (node: HistoryNode, roll: () => number): Promise<void> => {
  const { rings } = node;
  rings.clock.advance(Math.floor(roll() * roll() * 600));
  const { keys } = await rings.store.readSigningKeys();
  const what = roll();
  const alg = roll() < 0.7 ? 'ES256' : 'RS256';
  const pick = keys[Math.floor(roll() * keys.length)];
  if (what < 0.2) await turnNow(alg, rings);
  else if (what < 0.35 && pick !== undefined) await revokeKey(pick.kid, 'a walk', rings);
  if (roll() < 0.7) await node.keyRing.refresh();
  if (roll() < 0.6) await node.keyHistory.refresh();
};

const expectAllTold = async ({ rings }: HistoryNode, { entries }: VerifiedKeyHistory): Promise<void> => {
  const { keys, databaseNow } = await rings.store.readSigningKeys();
  const happened = keyEventsOf(allLifetimesOf(keys, policy, databaseNow), databaseNow);
  const told = new Set(entries.map(({ event, kid }) => `${event} ${kid}`));
  const untold = happened.filter(({ event, kid }) => event !== 'erased' && !told.has(`${event} ${kid}`));
  expect(untold).toEqual([]);
};

describe('a key history of any walk', () => {
  test.each(Array.from({ length: seeds }, (_, seed) => seed))('seed %i', { timeout: 60_000 }, async (seed) => {
    const roll = dice(seed);
    const node = await historyNode(await openRings());
    const saved: VerifiedKeyHistory[] = [];
    for (let step = 0; step < steps; step += 1) {
      await act(node, roll);
      saved.push(await verifyKeyHistory(node.document()));
    }
    await node.refresh();
    const whole = await verifyKeyHistory(node.document());
    await expectAllTold(node, whole);
    for (const copy of saved) expect(['same', 'live_went_on']).toContain(compareKeyHistories(copy, whole).outcome);

    // An issuer from before there was a history writes it all at once.
    const none = { readKeyEvents: async () => [], appendKeyEvents: async () => true };
    const late = keepHistory({ store: { ...node.rings.store, ...none } }, node.keyRing);
    await late.refresh();
    await expectAllTold(node, await verifyKeyHistory(late.document() ?? ''));
    await node.rings.store.close();
  });
});
