// The rate at which the store itself rotates refresh tokens, without HTTP, signatures or anything else of a request: as
// Keyturn commits, and with a commit and a wait for the disk for each. A child process; one job a message, one answer each.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { connect } from '../src/adapters/better_sqlite3_connection.ts';
import { openSqliteDatabase } from '../src/adapters/better_sqlite3_database.ts';
import { openBetterSqlite3 } from '../src/adapters/better_sqlite3_store.ts';
import { composeSqlStore } from '../src/adapters/sql_store.ts';
import { systemClock } from '../src/adapters/system_clock.ts';
import type { Store } from '../src/seams/store.ts';
import { hashOpaque, makeOpaque } from '../src/tokens/opaque.ts';
import { commitEach } from './commit_each.ts';
import { ownCpuSeconds } from './cpu_time.ts';
import { relyingParty } from './flows/code.ts';
import { fillDatabase, flowWorkers } from './keyturn_facts.ts';
import { benchFolder } from './keyturn_process.ts';
import type { Measurement } from './measure.ts';
import type { CommitKind } from './scenarios/rotation.ts';

export interface RotationsJob {
  readonly kind: CommitKind;
  readonly seconds: number;
}

const daySeconds = 86_400;
/** As long as a sealed answer is. */
const answer = 'x'.repeat(2300);

const folder = benchFolder();

const openers: Readonly<Record<CommitKind, (path: string) => Store>> = {
  'group commit': (path) => openBetterSqlite3(path, systemClock).store,
  'commit each': (path) => {
    const client = openSqliteDatabase(path);
    return composeSqlStore(connect(client, commitEach(client)), systemClock).store;
  },
};

/** A family whose refresh token is rotated again and again. */
const startChain = async (store: Store, session: string) => {
  const now = systemClock.now();
  const signedIn = await store.findSession(hashOpaque(session));
  if (signedIn === undefined) throw new TypeError('The bench has lost its session.');
  const { sub, sid } = signedIn;
  const { clientId, scope, resource, redirectUri } = relyingParty;
  const [familyId, codeHash, tokenHash] = [randomUUID(), hashOpaque(makeOpaque()), hashOpaque(makeOpaque())];
  const authorized = {
    ...{ clientId, sub, sid, scope, resource, authTime: now, acr: '1', amr: ['pwd'], nonce: null },
    ...{ idTokenClaims: [], userinfoClaims: [], familyId, expiresAt: now + daySeconds },
  };
  await store.addAuthorizationCode({ ...authorized, codeHash, redirectUri, codeChallenge: null, usedAt: null });
  const family = { ...authorized, offline: true, createdAt: now, endedAt: null, endReason: null, secretHash: null };
  const token = { tokenHash, familyId, expiresAt: now + daySeconds, usedAt: null, answer: null, tellsFamily: true };
  if (!(await store.redeemCode(codeHash, now, family, token)))
    throw new TypeError('The bench could not redeem a code.');
  return { latest: token };
};

const openChains = async (kind: CommitKind) => {
  const path = join(folder, `${kind}.sqlite`);
  const { session } = await fillDatabase(path);
  const store = openers[kind](path);
  const starting = Array.from({ length: flowWorkers }, () => startChain(store, session));
  return { store, chains: await Promise.all(starting) };
};

const opened = new Map<CommitKind, ReturnType<typeof openChains>>();

const rotate = async ({ kind, seconds }: RotationsJob): Promise<Measurement> => {
  const opening = opened.get(kind) ?? openChains(kind);
  opened.set(kind, opening);
  const { store, chains } = await opening;
  const [started, cpuBefore] = [performance.now(), ownCpuSeconds()];
  let answers = 0;
  const goOn = async (chain: (typeof chains)[number]): Promise<void> => {
    while (performance.now() - started < seconds * 1000) {
      const successor = { ...chain.latest, tokenHash: hashOpaque(makeOpaque()) };
      const { tokenHash } = chain.latest;
      if (!(await store.rotateRefreshToken({ tokenHash, usedAt: systemClock.now(), answer, successor })))
        throw new Error('A refresh token was spent before.');
      chain.latest = successor;
      answers += 1;
    }
  };
  await Promise.all(chains.map(goOn));
  return { answers, seconds: (performance.now() - started) / 1000, cpuSeconds: ownCpuSeconds() - cpuBefore };
};

process.on('message', async (job: RotationsJob) => process.send?.(await rotate(job)));
process.once('disconnect', () => process.exit());
