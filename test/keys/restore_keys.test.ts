// I11 of the keys: after a restore no key that was revoked is published or signs, whatever the backup knows of it, and the
// key history goes on where a saved copy of it ends.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { type GeneratedKey, generateKey } from '../../src/keys/generate.ts';
import { type KnownSince, restoreKeys } from '../../src/keys/restore_keys.ts';
import { revokeKey, turnNow } from '../../src/keys/rotation.ts';
import { compareKeyHistories, type VerifiedKeyHistory, verifyKeyHistory } from '../../src/keys/verify_key_history.ts';
import type { SigningAlgorithm } from '../../src/seams/signer.ts';
import { times } from '../properties/runs.ts';
import { makeFolder } from '../running_server.ts';
import { type HistoryNode, historyNode, live } from './history_nodes.ts';
import { lead, type OpenRings, openRings, period, rowsOf } from './rotation_parts.ts';

const runs = Number(process.env.PROPERTY_RUNS ?? times(24));
const folder = makeFolder();
let files = 0;
const freshPath = (): string => {
  files += 1;
  return join(folder, `${files}.sqlite`);
};

/** RSA keys take their time: those of one story are the next one's too. */
const made = new Map<string, Promise<GeneratedKey>>();
const createMaker = () => {
  let count = 0;
  return (alg: SigningAlgorithm): Promise<GeneratedKey> => {
    count += 1;
    const known = made.get(`${alg} ${count}`) ?? generateKey(alg);
    made.set(`${alg} ${count}`, known);
    return known;
  };
};

const copyFile = (from: string, to: string): void => {
  const database = new Database(from, { readonly: true });
  database.prepare('VACUUM INTO ?').run(to);
  database.close();
};

const kidsIn = ({ keyRing }: HistoryNode): readonly string[] => keyRing.jwkSet().kids.split(' ');

interface Lived {
  readonly node: HistoryNode;
  readonly backup: string;
  readonly backupAt: number;
  readonly kidsAtBackup: readonly string[];
}

type Happening =
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'revoke'; readonly which: number }
  | { readonly kind: 'rotate'; readonly alg: SigningAlgorithm };

const happen = async (happening: Happening, node: HistoryNode): Promise<void> => {
  const { rings } = node;
  if (happening.kind === 'pass') return live(node, happening.seconds);
  if (happening.kind === 'rotate') await turnNow(happening.alg, rings);
  if (happening.kind === 'revoke') {
    const kids = kidsIn(node);
    await revokeKey(kids[happening.which % kids.length] ?? '', 'laptop stolen', rings);
  }
  await node.refresh();
};

const liveThrough = async (before: readonly Happening[], after: readonly Happening[]): Promise<Lived> => {
  const path = freshPath();
  const rings: OpenRings = { ...(await openRings(path)), generateKey: createMaker() };
  const node = await historyNode(rings);
  for (const happening of before) await happen(happening, node);
  const [backup, backupAt, kidsAtBackup] = [freshPath(), rings.clock.now(), kidsIn(node)];
  copyFile(path, backup);
  for (const happening of after) await happen(happening, node);
  return { node, backup, backupAt, kidsAtBackup };
};

const knowing = (backupAt: number, known: Partial<KnownSince> = {}): KnownSince => ({
  backupAt,
  chain: [],
  revocations: [],
  revokedKids: [],
  nothingElseRevoked: false,
  ...known,
});

/** The restored rings as a node lives them, from the time at which the other's ended. */
const restored = async ({ node, backup }: Lived, since: KnownSince) => {
  const { clock } = node.rings;
  const rings: OpenRings = { ...node.rings, store: createBetterSqlite3Store(backup, clock) };
  const report = await restoreKeys(since, rings);
  return { report, rings, node: await historyNode(rings) };
};

const revokedKidsOf = async (rings: OpenRings): Promise<readonly string[]> =>
  (await rowsOf(rings)).flatMap(({ kid, revokedAt }) => (revokedAt === null ? [] : [kid]));

const outcomeOf = async (saved: VerifiedKeyHistory, node: HistoryNode): Promise<string> =>
  compareKeyHistories(saved, await verifyKeyHistory(node.document())).outcome;

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 100, max: period }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('revoke' as const), which: fc.nat(7) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('rotate' as const),
      alg: fc.constantFrom('ES256' as const, 'RS256' as const),
    }),
  },
);
const happenings = fc.array(happening, { maxLength: 3 });

/** Found by chance once: turns as they come after the backup, whose last key is lost. */
const foundOnce: [Happening[], Happening[], boolean, boolean] = [
  [],
  [201, 801, 701].map((seconds): Happening => ({ kind: 'pass', seconds })),
  true,
  true,
];

describe('I11: the keys of a restored backup', { timeout: 30_000 + runs * 8000 }, () => {
  test('none that was ever revoked is published or signs; the ring does, and its history verifies and goes on', async () => {
    await fc.assert(
      fc.asyncProperty(
        happenings,
        happenings,
        fc.boolean(),
        fc.boolean(),
        async (before, after, saved, nothingElse) => {
          const lived = await liveThrough(before, after);
          const revoked = await revokedKidsOf(lived.node.rings);
          const document = await verifyKeyHistory(lived.node.document());
          // Who says that nothing else was revoked names what was, or has a history that does.
          const known = saved ? { chain: document.chain } : { revokedKids: revoked };
          const since = knowing(lived.backupAt, { ...known, nothingElseRevoked: nothingElse });
          const { node, rings } = await restored(lived, since);
          for (let passed = 0; passed < 2 * period; passed += 400) {
            expect(kidsIn(node).filter((kid) => revoked.includes(kid))).toEqual([]);
            if (!nothingElse) expect(kidsIn(node).filter((kid) => lived.kidsAtBackup.includes(kid))).toEqual([]);
            expect(node.keyRing.notSigning()).toBeUndefined();
            await live(node, 400);
          }
          if (saved) expect(await outcomeOf(document, node)).toBe('live_went_on');
          await verifyKeyHistory(node.document());
          await rings.store.close();
          await lived.node.rings.store.close();
        },
      ),
      { numRuns: runs, examples: [foundOnce] },
    );
  });

  test('both rings turn in two turns: a key that nobody had seen signs at once, and another after lead', async () => {
    const lived = await liveThrough([], [{ kind: 'pass', seconds: 100 }]);
    const { rings, report } = await restored(lived, knowing(lived.backupAt));
    expect([...report.revoked].sort()).toEqual([...lived.kidsAtBackup].sort());
    const now = rings.clock.now();
    for (const alg of ['ES256', 'RS256'] as const) {
      const fresh = (await rowsOf(rings)).filter((row) => row.alg === alg && row.revokedAt === null);
      const turns = fresh.map(({ activatesAt }) => activatesAt - now).sort((one, other) => one - other);
      expect(turns.slice(0, 2)).toEqual([0, lead]);
    }
  });

  test('with the word that nothing was revoked the same keys sign on', async () => {
    const lived = await liveThrough([], []);
    const { node, report } = await restored(lived, knowing(lived.backupAt, { nothingElseRevoked: true }));
    expect(report).toEqual({ revoked: [], lost: [], entriesTakenOver: 0 });
    expect(kidsIn(node)).toEqual(lived.kidsAtBackup);
  });

  test('keys made after the backup are there again with the history, revoked: nobody has their private halves', async () => {
    const lived = await liveThrough(
      [],
      [
        { kind: 'revoke', which: 0 },
        { kind: 'pass', seconds: 300 },
      ],
    );
    const { chain } = await verifyKeyHistory(lived.node.document());
    const { report, rings } = await restored(lived, knowing(lived.backupAt, { chain, nothingElseRevoked: true }));
    expect(report.lost.length).toBeGreaterThan(0);
    const lost = (await rowsOf(rings)).filter(({ kid }) => report.lost.includes(kid));
    for (const row of lost) expect(row).toMatchObject({ privateJwe: null, revocationReason: 'superseded' });
  });

  test('a history of another backup is refused, with the entry at which they part', async () => {
    const [one, other] = [await liveThrough([], []), await liveThrough([{ kind: 'revoke', which: 0 }], [])];
    const { chain } = await verifyKeyHistory(other.node.document());
    const store = createBetterSqlite3Store(one.backup, one.node.rings.clock);
    await expect(restoreKeys(knowing(one.backupAt, { chain }), { ...one.node.rings, store })).rejects.toThrow(
      /is not the one this backup is of: they differ at entry 0\./,
    );
    await store.close();
  });

  test('a revocation that only the replaced database knows of holds, with its instant and reason', async () => {
    const lived = await liveThrough(
      [],
      [
        { kind: 'pass', seconds: 100 },
        { kind: 'revoke', which: 0 },
      ],
    );
    const rows = await rowsOf(lived.node.rings);
    const row = rows.find(({ revokedAt }) => revokedAt !== null);
    const revocations = [{ kid: row?.kid ?? '', revokedAt: row?.revokedAt ?? 0, reason: 'laptop stolen' }];
    const { rings } = await restored(lived, knowing(lived.backupAt, { revocations, nothingElseRevoked: true }));
    const after = (await rowsOf(rings)).find(({ kid }) => kid === row?.kid);
    expect(after).toMatchObject({ revokedAt: row?.revokedAt, revocationReason: 'laptop stolen', privateJwe: null });
  });
});
