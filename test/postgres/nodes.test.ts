// Nodes on one Postgres: who cannot listen, whose clock is off, and who was asleep.
import { createServer } from 'node:net';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { orEveryDay } from '../every_day.ts';
import { freePort } from '../free_port.ts';
import { canSetClock, createMachineClock, type MachineClock } from '../machine_clock.ts';
import { makeFolder, processTestMilliseconds, type RunningServer, runCli, until } from '../running_server.ts';
import { addClient, addResource, basic } from '../test_provider.ts';
import { freshDatabase, hasPostgres } from './databases.ts';
import { type PostgresNodes, startNodes } from './nodes.ts';

const issuer = 'http://127.0.0.1:4611';
/** E is one second, P three; keys are read every second. */
const timings = { KEYTURN_SNAPSHOT_SECONDS: '3', KEYTURN_CLOCK_ERROR_SECONDS: '1' };

/** How long a pool keeps a session that nobody uses. */
const idleSessionMilliseconds = 60_000;

const askToken = (url: string): Promise<Response> =>
  fetch(`${url}/token`, {
    method: 'POST',
    headers: { Authorization: basic('machine') },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });

const reasonAt = async (url: string): Promise<string | undefined> => {
  const response = await fetch(`${url}/health/ready`);
  const { reason } = (await response.json()) as { readonly reason?: string };
  expect(response.status).toBe(reason === undefined ? 200 : 503);
  return reason;
};

const jwksAt = async (url: string): Promise<string> => {
  const response = await fetch(`${url}/.well-known/jwks.json`);
  expect(response.status).toBe(200);
  return `${response.headers.get('ETag')} ${await response.text()}`;
};

test.runIf(hasPostgres)(
  'a node whose port is taken says so and ends: no session of the database keeps it',
  { timeout: processTestMilliseconds },
  async () => {
    const [folder, database, port] = [makeFolder(), await freshDatabase('template0'), await freePort()];
    const taken = createServer().listen(port, '127.0.0.1');
    onTestFinished(async () => {
      taken.close();
      await database.remove();
    });
    const settings = { KEYTURN_ISSUER: issuer, KEYTURN_DATABASE_URL: database.url, KEYTURN_PORT: `${port}` };
    for (const processes of orEveryDay(['1', '2'], ['1'])) {
      const started = performance.now();
      const outcome = await runCli(['serve'], folder, { ...settings, KEYTURN_PROCESSES: processes });
      expect(outcome).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`Port ${port} on 127.0.0.1 is in use`),
      });
      expect(performance.now() - started).toBeLessThan(idleSessionMilliseconds / 2);
    }
  },
);

describe.runIf(hasPostgres)('a node that must not sign', { timeout: processTestMilliseconds }, () => {
  let nodes: PostgresNodes;
  let clock: MachineClock;
  let clockFolder: string;
  let odd: RunningServer;
  let other: RunningServer;
  beforeAll(async () => {
    clockFolder = makeFolder();
    clock = await createMachineClock(clockFolder);
    nodes = await startNodes(() => [{ ...timings, ...clock.environment }, timings]);
    [odd, other] = nodes.servers as [RunningServer, RunningServer];
    await addResource(nodes.people.store);
    await addClient(nodes.people.store, 'machine');
  }, processTestMilliseconds);
  afterAll(async () => {
    await nodes.close();
  }, processTestMilliseconds);

  test.runIf(canSetClock).each([[-40], [90]])(
    'because its clock is off by %i s says so, serves the key set on, and signs again when it is set right',
    async (seconds) => {
      await until('it signs', async () => ((await reasonAt(odd.url)) === undefined ? true : undefined));
      await clock.setOffBy(seconds);
      // At once it sees a leap; when it next reads the keys, how far off the database's clock it is.
      expect(await until('it knows', () => reasonAt(odd.url))).toMatch(/clock/);
      const measured = await until('it has measured', async () =>
        /clock is (\d+) s off the database's/.exec((await reasonAt(odd.url)) ?? '')?.at(1),
      );
      expect(Math.abs(Number(measured) - Math.abs(seconds))).toBeLessThanOrEqual(1);
      const refused = await askToken(odd.url);
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
      expect(await jwksAt(odd.url)).toBe(await jwksAt(other.url));
      expect((await askToken(other.url)).status).toBe(200);
      await clock.setOffBy(0);
      await until('it signs again', async () => ((await askToken(odd.url)).status === 200 ? true : undefined));
    },
  );

  test('F6: because it was stopped for longer than P signs nothing by what it last saw', async () => {
    await until('it signs', async () => ((await askToken(odd.url)).status === 200 ? true : undefined));
    const before = decodeProtectedHeader(
      ((await (await askToken(odd.url)).json()) as { readonly access_token: string }).access_token,
    ).kid;
    onTestFinished(() => {
      odd.child.kill('SIGCONT');
    });
    odd.child.kill('SIGSTOP');
    const revoked = await runCli(['keys', 'revoke', `${before}`, '--reason', 'stolen', '--json'], nodes.folder, {
      KEYTURN_ISSUER: 'https://id.example.com',
      KEYTURN_DATABASE_URL: nodes.database.url,
      ...timings,
    });
    expect(revoked.code).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 3500));
    const asked = Array.from({ length: 8 }, () => askToken(odd.url));
    odd.child.kill('SIGCONT');
    for (const response of await Promise.all(asked)) {
      expect([200, 503]).toContain(response.status);
      if (response.status !== 200) continue;
      const { access_token: token } = (await response.json()) as { readonly access_token: string };
      expect(decodeProtectedHeader(token).kid).not.toBe(before);
    }
    await until('it signs again', async () => ((await askToken(odd.url)).status === 200 ? true : undefined));
    expect(await jwksAt(odd.url)).not.toContain(before);
  });
});
