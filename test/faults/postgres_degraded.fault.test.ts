// F7: the database is away for a node that serves. The way to it is a proxy that is silent, refuses, cuts or is slow.
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, hasPostgres } from '../postgres/databases.ts';
import { type PostgresNodes, startNodes } from '../postgres/nodes.ts';
import { processTestMilliseconds, type RunningServer, until } from '../running_server.ts';
import { addClient, addResource, basic } from '../test_provider.ts';
import { inMilliseconds, tell } from './bounds.ts';
import { type FaultProxy, startFaultProxy } from './fault_proxy.ts';

/** Far more than the second that is promised: machines that run tests are busy with others. Without the promise it would hang. */
const bound = 6000;
const atOnce = 40;

const breaks: readonly (readonly [string, (proxy: FaultProxy) => unknown])[] = [
  ['silent', (proxy) => proxy.silence()],
  ['silent for the connections there are', (proxy) => proxy.strand()],
  ['refused', (proxy) => proxy.refuse()],
  ['cut', (proxy) => proxy.cut()],
  ['reset', (proxy) => proxy.reset()],
  ['slow', (proxy) => proxy.slow(3000)],
];

describe.runIf(hasPostgres)('F7: while the way to the database is', { timeout: processTestMilliseconds }, () => {
  let nodes: PostgresNodes;
  let proxy: FaultProxy;
  let server: RunningServer;
  let statusListUri: string;
  /** How long each that was refused had to wait. */
  const refusedAfter: number[] = [];
  beforeAll(async () => {
    const template = await freshDatabase();
    proxy = await startFaultProxy(Number(new URL(template.url).port));
    await template.remove();
    const throughProxy = (url: string): string => Object.assign(new URL(url), { port: `${proxy.port}` }).href;
    nodes = await startNodes((database) => [
      { KEYTURN_DATABASE_URL: throughProxy(database.url), KEYTURN_SNAPSHOT_SECONDS: '300' },
    ]);
    [server] = nodes.servers as [RunningServer];
    await addResource(nodes.people.store, { statusList: true });
    await addClient(nodes.people.store, 'machine');
    const { access_token: token } = (await (await askToken()).json()) as { readonly access_token: string };
    const { status } = decodeJwt<{ readonly status: { readonly status_list: { readonly uri: string } } }>(token);
    statusListUri = server.url + new URL(status.status_list.uri).pathname;
  }, processTestMilliseconds);
  afterAll(async () => {
    const sorted = refusedAfter.toSorted((left, right) => left - right);
    const [median = 0, slowest = 0] = [sorted[sorted.length >> 1], sorted.at(-1)];
    tell(
      'F7',
      `${breaks.length} ways to lose the database, ${atOnce} requests at once, twice each`,
      `${sorted.length} answered 503, after ${inMilliseconds(median)} in the median, ${inMilliseconds(slowest)} at most; all else from memory, and healed`,
    );
    proxy.heal();
    await nodes.close();
    await proxy.close();
  }, processTestMilliseconds);

  const askToken = (): Promise<Response> =>
    fetch(`${server.url}/token`, {
      method: 'POST',
      headers: { Authorization: basic('machine') },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
  const askTimed = async () => {
    const asked = performance.now();
    const answer = await askToken();
    return { answer, milliseconds: performance.now() - asked };
  };
  const fromMemory = async (): Promise<readonly number[]> => {
    const answers = await Promise.all(
      [
        `${server.url}/.well-known/jwks.json`,
        `${server.url}/.well-known/openid-configuration`,
        `${server.url}/.well-known/oauth-authorization-server`,
        `${server.url}/health/live`,
        statusListUri,
      ].map((url) => fetch(url)),
    );
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    return answers.map(({ status }) => status);
  };

  test.each(breaks)(
    '%s, what is in memory is served, what needs the database answers 503 soon, and all is well after',
    async (_, breakIt) => {
      expect(await fromMemory()).toEqual([200, 200, 200, 200, 200]);
      await breakIt(proxy);
      for (let round = 0; round < 2; round += 1) {
        const asked = performance.now();
        const [memory, ...answers] = await Promise.all([fromMemory(), ...Array.from({ length: atOnce }, askTimed)]);
        expect(performance.now() - asked).toBeLessThan(bound);
        expect(memory).toEqual([200, 200, 200, 200, 200]);
        for (const { answer, milliseconds } of answers) {
          if (answer.status === 200) continue;
          refusedAfter.push(milliseconds);
          expect(answer.status).toBe(503);
          expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0);
        }
        if (!['silent for the connections there are'].includes(_))
          expect(answers.map(({ answer }) => answer.status)).toContain(503);
      }
      proxy.heal();
      await until('tokens are given again', async () => ((await askToken()).status === 200 ? true : undefined));
      const after = await Promise.all(Array.from({ length: atOnce }, askToken));
      expect(after.filter(({ status }) => status !== 200)).toEqual([]);
      expect(server.child.exitCode).toBeNull();
      const sessions = 'select count(*)::int as count from pg_stat_activity where datname = current_database()';
      // Ten of the node; of those that were stranded nobody has told the server yet.
      const most = 10 + 10 + 5;
      await until('sessions that were given up are gone', async () =>
        Number((await nodes.rows(sessions))[0]?.count) <= most ? true : undefined,
      );
    },
  );
});
