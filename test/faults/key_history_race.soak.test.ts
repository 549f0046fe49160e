// Issuers as processes on one database, killed and started again while their keys turn every few seconds: they write one
// key history, every event once, and no copy of it that was ever served is taken back.
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { compareKeyHistories, type VerifiedKeyHistory, verifyKeyHistory } from '../../src/keys/verify_key_history.ts';
import {
  databasePathIn,
  makeFolder,
  processTestMilliseconds,
  type RunningServer,
  runCli,
  startServer,
  until,
} from '../running_server.ts';
import { readRows } from './key_facts.ts';

const folder = makeFolder();

// lead = P + S + max(A, V) + 2E + F = 3; grace = P + T + L + 2E = 4; the period is longer than lead + P.
const environment = {
  KEYTURN_ISSUER: 'http://127.0.0.1:4600',
  KEYTURN_ROTATION_PERIOD_SECONDS: '5',
  KEYTURN_SNAPSHOT_SECONDS: '1',
  KEYTURN_SHARED_CACHE_SECONDS: '0',
  KEYTURN_JWKS_MAX_AGE_SECONDS: '0',
  KEYTURN_SLOWEST_VERIFIER_SECONDS: '0',
  KEYTURN_CLOCK_ERROR_SECONDS: '1',
  KEYTURN_FETCH_TIMEOUT_SECONDS: '0',
  KEYTURN_LEEWAY_SECONDS: '0',
  KEYTURN_MAX_TOKEN_SECONDS: '1',
  KEYTURN_ACCESS_TOKEN_SECONDS: '1',
  KEYTURN_ID_TOKEN_SECONDS: '1',
};
const rounds = Number(process.env.KEY_HISTORY_ROUNDS ?? '3');

const startOne = (): Promise<RunningServer> => startServer(folder, environment);
const historyAt = async ({ url }: RunningServer): Promise<VerifiedKeyHistory> =>
  verifyKeyHistory(await (await fetch(`${url}/historical-keys`)).text());

const revokeActive = async (): Promise<string> => {
  const rows = await readRows(databasePathIn(folder));
  const now = systemClock.now();
  const active = rows.findLast((key) => key.alg === 'ES256' && key.activatesAt <= now && key.revokedAt === null);
  await runCli(['keys', 'revoke', active?.kid ?? '', '--reason', 'a test'], folder, environment);
  return active?.kid ?? '';
};

test(
  'I10: processes that race and are killed append one chain, and every copy ever served is a part of it',
  async () => {
    const servers = await Promise.all([startOne(), startOne(), startOne()]);
    const saved: VerifiedKeyHistory[] = [];
    let revoked = '';
    for (let round = 0; round < rounds; round += 1) {
      await wait(1700 + round * 137);
      saved.push(...(await Promise.all(servers.map(historyAt))));
      const place = round % servers.length;
      await servers[place]?.kill();
      if (round === 1) revoked = await revokeActive();
      servers[place] = await startOne();
    }
    await Promise.all(servers.slice(1).map((server) => server.stop()));
    const [last] = servers;
    if (last === undefined) throw new TypeError('there is no server');
    const final = await until('the revocation is told', async () => {
      const history = await historyAt(last);
      return history.entries.some(({ event }) => event === 'revoked') ? history : undefined;
    });
    for (const copy of saved) expect(['same', 'live_went_on']).toContain(compareKeyHistories(copy, final).outcome);
    const told = final.entries.map(({ event, kid }) => `${event} ${kid}`);
    expect(new Set(told).size).toBe(told.length);
    expect(told).toContain(`revoked ${revoked}`);
    expect(told.filter((event) => event.startsWith('activated')).length).toBeGreaterThan(2);
    await last.stop();
    const store = createBetterSqlite3Store(databasePathIn(folder), systemClock);
    const places = (await store.readKeyEvents(0)).map(({ seq }) => seq);
    expect(places).toEqual(places.map((_, place) => place));
    expect(places.length).toBeGreaterThanOrEqual(told.length);
    await store.close();
  },
  processTestMilliseconds,
);
