import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { hashOfEntry } from '../../src/keys/key_history.ts';
import { readKeyHistory } from '../../src/keys/read_key_history.ts';
import { revokeKey, turnNow } from '../../src/keys/rotation.ts';
import { compareKeyHistories, verifyKeyHistory } from '../../src/keys/verify_key_history.ts';
import { makeFolder } from '../running_server.ts';
import { eventfulRings, type HistoryNode, historyNode, keepHistory, live } from './history_nodes.ts';
import { grace, lead, openRings, period, rowAt, start } from './rotation_parts.ts';

/** As "activated ES256 1 +1000": the key's slot, and seconds after the start. */
const toldBy = async (node: HistoryNode): Promise<readonly string[]> => {
  const { keys } = await node.rings.store.readSigningKeys();
  const { entries } = await verifyKeyHistory(node.document());
  return entries.map(({ event, alg, kid, at }) => {
    const slot = keys.find((key) => key.kid === kid)?.slot;
    return `${event} ${alg} ${slot} +${at - start}`;
  });
};

const revokedAt = period + 300;

describe('the key history', () => {
  test('begins with the first keys, each ring signed by its own', async () => {
    const rings = await openRings();
    const node = await historyNode(rings);
    expect(await toldBy(node)).toEqual([
      'published ES256 0 +0',
      'activated ES256 0 +0',
      'published ES256 1 +0',
      'published RS256 0 +0',
      'activated RS256 0 +0',
      'published RS256 1 +0',
    ]);
    const first = { ES256: await rowAt(rings, 0, 'ES256'), RS256: await rowAt(rings, 0, 'RS256') };
    for (const { header, claims } of readKeyHistory(node.document()).entries)
      expect(header).toEqual({ alg: claims.alg, kid: first[claims.alg].kid });
    await rings.store.close();
  });

  test('tells everything that happened to a ring, with the instants at which it did', async () => {
    const { rings, node } = await eventfulRings();
    const es256 = (await toldBy(node)).filter((told) => told.includes('ES256'));
    expect(es256.filter((told) => / ES256 [01] /.test(told))).toEqual([
      'published ES256 0 +0',
      'activated ES256 0 +0',
      'published ES256 1 +0',
      `retired ES256 0 +${period}`,
      `activated ES256 1 +${period}`,
      `revoked ES256 1 +${revokedAt}`,
      `removed ES256 1 +${revokedAt}`,
      `removed ES256 0 +${period + grace}`,
    ]);
    expect(es256).toContain(`activated ES256 2 +${revokedAt}`);
    await rings.store.close();
  });

  test('a revocation has its reason, and is signed by the key that was promoted', async () => {
    const { rings, node } = await eventfulRings();
    const { entries, claims } = readKeyHistory(node.document());
    const revocation = entries.find((entry) => entry.claims.event === 'revoked');
    expect(revocation?.claims).toMatchObject({ reason: 'laptop stolen', at: start + revokedAt });
    expect(revocation?.header.kid).toBe((await rowAt(rings, 2)).kid);
    expect(claims.keys.find(({ kid }) => kid === revocation?.claims.kid)).toMatchObject({
      kty: 'EC',
      use: 'sig',
      iat: start,
      exp: start + revokedAt,
      revoked: { revoked_at: start + revokedAt, reason: 'compromised' },
    });
    await rings.store.close();
  });

  test('where nothing is due its entries are not read: of a long one that would hold up every request', async () => {
    const { rings, node } = await eventfulRings();
    const parse = vi.spyOn(JSON, 'parse');
    onTestFinished(() => parse.mockRestore());
    await node.keyHistory.refresh();
    // The last alone tells what time it is at least.
    expect(parse.mock.calls.filter(([text]) => String(text).includes('"seq":'))).toHaveLength(1);
    await rings.store.close();
  });

  test('each entry holds the SHA-256 of the one before, and nothing private is in it', async () => {
    const { rings, node } = await eventfulRings();
    const { entries, claims } = readKeyHistory(node.document());
    for (const [place, entry] of entries.entries())
      expect(entry.claims.prev).toBe(place === 0 ? null : hashOfEntry(entries[place - 1]?.jws ?? ''));
    const jwks = [...claims.keys, ...entries.flatMap((entry) => entry.claims.jwk ?? [])];
    const members = new Set(jwks.flatMap((jwk) => Object.keys(jwk)));
    expect([...members].filter((member) => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth'].includes(member))).toEqual([]);
    await rings.store.close();
  });

  test('a node that was away writes later what happened meanwhile, with the true instants', async () => {
    const [steady, late] = [await openRings(), await openRings()];
    const there = await historyNode(steady);
    const away = await historyNode(late);
    await live(there, 2 * period + 50);
    await live(away, 2 * period, 100, () => away.keyRing.refresh());
    late.clock.advance(50);
    await away.refresh();
    const inOrder = async (node: HistoryNode) => [...(await toldBy(node))].sort();
    expect(await inOrder(away)).toEqual(await inOrder(there));
    const { entries } = await verifyKeyHistory(away.document());
    expect(entries.at(-1)?.iat).toBeGreaterThanOrEqual(start + 2 * period);
    await Promise.all([steady.store.close(), late.store.close()]);
  });

  test('a node that cannot sign leaves it to others, and nothing is lost', async () => {
    const rings = await openRings();
    const able = await historyNode(rings);
    const unable = keepHistory(rings, {
      activeSigner: () => able.keyRing.activeSigner('ES256'),
      leaveOut: () => undefined,
    });
    await revokeKey((await rowAt(rings, 1, 'RS256')).kid, 'unspecified', rings);
    rings.clock.advance(1);
    await able.keyRing.refresh();
    await unable.refresh();
    expect((await rings.store.readKeyEvents(0)).filter(({ event }) => event === 'revoked')).toEqual([]);
    await able.refresh();
    expect((await rings.store.readKeyEvents(0)).filter(({ event }) => event === 'revoked')).toHaveLength(1);
    await verifyKeyHistory(able.document());
    await rings.store.close();
  });

  test('nodes that append at once append one chain, every event once', async () => {
    const rings = await openRings();
    const nodes = [await historyNode(rings), await historyNode(rings), await historyNode(rings)];
    for (let turn = 0; turn < 25; turn += 1) {
      rings.clock.advance(100);
      if (turn === 12) await revokeKey((await rowAt(rings, 1)).kid, 'unspecified', rings);
      await Promise.all(nodes.map((node) => node.refresh()));
    }
    const [first, ...others] = await Promise.all(nodes.map((node) => verifyKeyHistory(node.document())));
    if (first === undefined) throw new TypeError('there is no node');
    for (const other of others) expect(compareKeyHistories(first, other)).toEqual({ outcome: 'same' });
    const told = first.entries.map(({ event, kid }) => `${event} ${kid}`);
    expect(new Set(told).size).toBe(told.length);
    await rings.store.close();
  });

  test('goes on, whenever the ring is turned by hand: after two revocations, in the second of a turn that was told', async () => {
    const rings = await openRings();
    const node = await historyNode(rings);
    await live(node, lead);
    await revokeKey((await rowAt(rings, 0)).kid, 'unspecified', rings);
    await live(node, 100);
    await revokeKey((await rowAt(rings, 1)).kid, 'unspecified', rings);
    await live(node, lead);
    const active = await rowAt(rings, 4);
    expect(node.keyRing.activeSigner('ES256').signer.kid).toBe(active.kid);
    expect(await turnNow('ES256', rings)).toMatchObject({ waitSeconds: 1 });
    await node.refresh();
    rings.clock.advance(1);
    expect(await turnNow('ES256', rings)).toMatchObject({ kid: (await rowAt(rings, 3)).kid });
    await live(node, 100);
    expect(node.keyRing.activeSigner('ES256').signer.kid).toBe((await rowAt(rings, 3)).kid);
    expect(await toldBy(node)).toContain(`activated ES256 3 +${2 * lead + 101}`);
    await rings.store.close();
  });

  test('after a clock that stepped back it goes on without an earlier instant', async () => {
    const rings = await openRings();
    const node = await historyNode(rings);
    await live(node, period + 100);
    rings.clock.leap(-500);
    await node.refresh();
    await revokeKey((await rowAt(rings, 1)).kid, 'unspecified', rings);
    await node.refresh();
    // The ring lives on from its last turn, and so does the history.
    expect(await toldBy(node)).toContain(`revoked ES256 1 +${period}`);
    await live(node, period);
    await verifyKeyHistory(node.document());
    await rings.store.close();
  });

  test('a database put back from a backup under a running node is read again, and the histories part where it was cut', async () => {
    const folder = makeFolder();
    const rings = await openRings(join(folder, 'db.sqlite'));
    const node = await historyNode(rings);
    await live(node, period + 100);
    const saved = await verifyKeyHistory(node.document());
    const database = new Database(join(folder, 'db.sqlite'));
    database.prepare('DELETE FROM key_event WHERE seq >= 7').run();
    database.close();
    await live(node, 100);
    const now = await verifyKeyHistory(node.document());
    expect(compareKeyHistories(saved, now)).toMatchObject({
      outcome: 'parted',
      seq: 7,
      saved: saved.entries[7],
      live: now.entries[7],
    });
    await rings.store.close();
  });
});
