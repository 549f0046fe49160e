// F8: Postgres is killed and recovers, again and again, while people sign in and applications redeem, refresh and revoke at
// two nodes: whatever was answered as done is there, nothing is spent twice, and nothing has to be restarted.
//
// RESTARTS says how often: 3 unless told; `npm run soak` does 20.
import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openPostgres } from '../../src/adapters/postgres_store.ts';
import { issuer } from '../people.ts';
import { postgresBinaries, startCluster } from '../postgres/cluster.ts';
import { readKeptTables } from '../postgres/kept_tables.ts';
import { makeFolder, processTestMilliseconds, startServer, until } from '../running_server.ts';
import { tell } from './bounds.ts';
import { addLedger, countOf, emptyLedger, expectKeptIn, lastingOf } from './people_ledger.ts';
import { addPersons, liveOn } from './people_lives.ts';
import { machineClock, openPeopleIn } from './people_node.ts';

const restarts = Number(process.env.RESTARTS ?? '3');
const persons = 6;
/** It is killed so many successes after it came back, so that a slow machine is no gentler, and a moment later. */
const successesBetween = [5, 60] as const;
const momentMilliseconds = 300;
const millisecondsPerRestart = 60_000;
/** A code that nobody redeemed is deleted a minute after it was made. */
const codeMilliseconds = 45_000;

describe.runIf(postgresBinaries() !== undefined)('F8: Postgres is restarted under load', () => {
  test(`after each of ${restarts} crashes all that was answered is kept, and nothing is spent twice`, {
    timeout: processTestMilliseconds + restarts * millisecondsPerRestart,
  }, async () => {
    const [folder, cluster] = [makeFolder(), await startCluster()];
    onTestFinished(async () => {
      await cluster.remove();
    });
    const environment = {
      KEYTURN_ISSUER: issuer,
      KEYTURN_DATABASE_URL: cluster.url('postgres'),
      KEYTURN_TRUSTED_PROXIES: '1',
      KEYTURN_REFRESH_RETRY_SECONDS: '300',
    };
    const opened = await openPostgres(cluster.url('postgres'), machineClock, { connections: 4, patienceSeconds: 20 });
    const people = await openPeopleIn(folder, { opened });
    const holdings = await addPersons(people, persons);
    await people.store.close();
    const servers = [await startServer(folder, environment), await startServer(folder, environment)];

    const ledger = emptyLedger();
    let goesOn = true;
    const nodes = servers.map(({ url }) => ({ url, mayBeUnavailable: true }));
    const lives = Promise.all(holdings.map((holding) => liveOn(nodes, holding, ledger, () => goesOn)));
    // A life ends early when something was answered that should not have been: then there is nothing to wait for.
    const failed = lives.then(() => undefined);
    const untilMore = async (): Promise<void> => {
      const enough = countOf(ledger) + randomInt(...successesBetween);
      await Promise.race([failed, until('more was done', () => (countOf(ledger) >= enough ? true : undefined))]);
    };
    let codesChecked = 0;
    for (let restart = 0; restart < restarts; restart += 1) {
      const began = performance.now();
      await untilMore();
      await wait(randomInt(momentMilliseconds));
      await cluster.stop('immediate');
      await cluster.start();
      // A copy: people go on while the tables are read.
      const answered = structuredClone(ledger);
      const isFresh = performance.now() - began < codeMilliseconds;
      const codes = isFresh ? answered.codes.slice(codesChecked) : [];
      codesChecked = answered.codes.length;
      expectKeptIn(await readKeptTables(cluster.url('postgres')), { ...answered, codes });
    }
    await untilMore();
    goesOn = false;
    const lost = (await lives).reduce((sum, count) => sum + count, 0);
    expectKeptIn(await readKeptTables(cluster.url('postgres')), lastingOf(ledger));
    expect(lost).toBeGreaterThan(0);
    const sum = { signedIn: 0, codes: 0, redeemed: 0, rotated: 0, revoked: 0 };
    addLedger(sum, ledger);
    for (const [kind, count] of Object.entries(sum)) expect([kind, count > 0]).toEqual([kind, true]);
    tell(
      'F8',
      `${restarts} crashes of Postgres, ${lost} requests lost to them`,
      `${countOf(ledger)} successes that were answered are all there, none twice`,
    );
    for (const server of servers) {
      expect(server.child.exitCode).toBeNull();
      await until('it is ready', async () => ((await fetch(`${server.url}/health/ready`)).ok ? true : undefined));
      expect(await server.stop()).toEqual({ code: 0, signal: null });
    }
  });
});
