// F9: the primary is gone and its synchronous standby takes over, while people sign in and applications redeem, refresh and
// revoke at two nodes: what was answered as done is there, what was spent stays spent, a key that was revoked stays revoked.
import { decodeProtectedHeader } from 'jose';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openPostgres } from '../../src/adapters/postgres_store.ts';
import { codeVerifier, issuer, redirectUri } from '../people.ts';
import { type Cluster, postgresBinaries, startCluster, startStandby } from '../postgres/cluster.ts';
import { readKeptTables } from '../postgres/kept_tables.ts';
import {
  makeFolder,
  processTestMilliseconds,
  type RunningServer,
  runCli,
  startServer,
  until,
} from '../running_server.ts';
import { addClient, addResource, basic } from '../test_provider.ts';
import { tell } from './bounds.ts';
import { startFaultProxy } from './fault_proxy.ts';
import { addLedger, countOf, emptyLedger, expectKeptIn, lastingOf } from './people_ledger.ts';
import { addPersons, liveOn } from './people_lives.ts';
import { machineClock, openPeopleIn, send } from './people_node.ts';

const persons = 6;
const successesBefore = 60;
const successesAfter = 40;

const ask = async (cluster: Cluster, question: string): Promise<Readonly<Record<string, unknown>>> => {
  const client = new pg.Client(cluster.url('postgres'));
  await client.connect();
  const { rows } = await client.query(question);
  await client.end();
  return rows[0] ?? {};
};

describe.runIf(postgresBinaries() !== undefined)('F9: the synchronous standby of Postgres takes over', () => {
  test('I1, I11: nothing that was confirmed is lost, and nothing that was spent or revoked is good again', {
    timeout: 3 * processTestMilliseconds,
  }, async () => {
    const folder = makeFolder();
    const primary = await startCluster({ wal_keep_size: "'64MB'" });
    const standby = await startStandby(primary, 'standby');
    await ask(primary, "alter system set synchronous_standby_names = 'ANY 1 (standby)'");
    await ask(primary, 'select pg_reload_conf()');
    const proxy = await startFaultProxy(primary.port);
    onTestFinished(async () => {
      await proxy.close();
      await Promise.all([primary.remove(), standby.remove()]);
    });
    const isFollowed = "select count(*)::int as count from pg_stat_replication where sync_state = 'quorum'";
    await until('the standby follows', async () => ((await ask(primary, isFollowed)).count === 1 ? true : undefined));

    const url = `postgres://postgres@127.0.0.1:${proxy.port}/postgres`;
    const environment = {
      KEYTURN_ISSUER: issuer,
      KEYTURN_DATABASE_URL: url,
      KEYTURN_TRUSTED_PROXIES: '1',
      KEYTURN_REFRESH_RETRY_SECONDS: '300',
    };
    const opened = await openPostgres(url, machineClock, { connections: 4, patienceSeconds: 20 });
    const people = await openPeopleIn(folder, { opened });
    const holdings = await addPersons(people, persons);
    await addResource(people.store);
    await addClient(people.store, 'machine');
    await people.store.close();
    const servers = [await startServer(folder, environment), await startServer(folder, environment)];
    const [first] = servers as [RunningServer, RunningServer];
    const kidAt = async (url: string): Promise<string> => {
      const response = await send(
        `${url}/token`,
        { grant_type: 'client_credentials' },
        { Authorization: basic('machine') },
      );
      const { access_token: token } = (await response.json()) as { readonly access_token: string };
      return String(decodeProtectedHeader(token).kid);
    };
    const stolen = await kidAt(first.url);

    const ledger = emptyLedger();
    let goesOn = true;
    const nodes = servers.map((server) => ({ url: server.url, mayBeUnavailable: true }));
    const lives = Promise.all(holdings.map((holding) => liveOn(nodes, holding, ledger, () => goesOn)));
    const failed = lives.then(() => undefined);
    const untilMore = (count: number): Promise<unknown> => {
      const enough = countOf(ledger) + count;
      return Promise.race([failed, until('more was done', () => (countOf(ledger) >= enough ? true : undefined))]);
    };
    await untilMore(successesBefore);
    const revoked = await runCli(['keys', 'revoke', stolen, '--reason', 'stolen'], folder, environment);
    expect(revoked.code).toBe(0);
    const before = structuredClone(ledger);

    // The machine of the primary is gone: nobody is told, and nothing it still does is seen.
    proxy.cut();
    await primary.stop('immediate');
    standby.configure({ synchronous_standby_names: "''" });
    await ask(standby, 'alter system reset synchronous_standby_names');
    await ask(standby, 'select pg_reload_conf()');
    await standby.promote();
    proxy.aim(standby.port);
    proxy.heal();

    await untilMore(successesAfter);
    goesOn = false;
    await lives;
    const tables = await readKeptTables(standby.url('postgres'));
    expectKeptIn(tables, lastingOf(before));
    expectKeptIn(tables, lastingOf(ledger));
    const sum = { signedIn: 0, codes: 0, redeemed: 0, rotated: 0, revoked: 0 };
    addLedger(sum, before);
    tell(
      'F9',
      `a failover with ${countOf(before)} successes answered before it: ${JSON.stringify(sum)}`,
      'all of them are there, the revoked key signs nothing',
    );
    for (const server of servers) {
      await until('it is ready', async () => ((await fetch(`${server.url}/health/ready`)).ok ? true : undefined));
      // Within P, that is: until then a node may go on with what it knew.
      await until('the revoked key signs no more', async () =>
        (await kidAt(server.url)) === stolen ? undefined : true,
      );
      expect(await (await fetch(`${server.url}/.well-known/jwks.json`)).text()).not.toContain(stolen);
      const code = before.redeemed[0]?.code ?? '';
      const spent = { grant_type: 'authorization_code', client_id: 'app', code, redirect_uri: redirectUri };
      expect((await send(`${server.url}/token`, { ...spent, code_verifier: codeVerifier })).status).toBe(400);
      expect(await server.stop()).toEqual({ code: 0, signal: null });
    }
  });
});
