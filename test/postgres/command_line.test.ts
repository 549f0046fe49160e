// KEYTURN_DATABASE_URL=postgres://... is the whole switch: for the server, and for the commands beside it.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { asOneLine, runCommand } from '../cli/in_process.ts';
import {
  environmentFor,
  makeFolder,
  processTestMilliseconds,
  type RunningServer,
  runCli,
  startServer,
} from '../running_server.ts';
import { type FreshDatabase, freshDatabase, hasPostgres } from './databases.ts';

describe.runIf(hasPostgres)('an issuer on Postgres', { timeout: processTestMilliseconds }, () => {
  let folder: string;
  let database: FreshDatabase;
  const servers: RunningServer[] = [];
  const environment = () => ({ KEYTURN_DATABASE_URL: database.url, KEYTURN_ISSUER: 'http://127.0.0.1:4610' });
  const serve = async (): Promise<RunningServer> => {
    const server = await startServer(folder, environment());
    servers.push(server);
    return server;
  };
  const run = (...args: readonly string[]) => runCli(args, folder, environment());
  beforeAll(async () => {
    folder = makeFolder();
    database = await freshDatabase('template0');
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });
  afterAll(async () => {
    await database.remove();
  });

  test('a database that no node was started on does not look like an empty issuer', async () => {
    expect(environmentFor(folder, environment()).KEYTURN_DATABASE_URL).toBe(database.url);
    const { code, stdout, stderr } = await run('keys', 'list');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /There is no database at test_\w+ on 127\.0\.0\.1:\d+ as postgres yet. Start the server once/,
    );
    expect(asOneLine((await run('doctor')).stdout)).toMatch(/is empty; the first start of the server makes its tables/);
  });

  test('serves, gives tokens, is administered by the commands, and stops in order', async () => {
    const server = await serve();
    const secret = /first-client:([^']+)'/.exec(server.stdout())?.[1] ?? '';
    const token = await fetch(`${server.url}/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`first-client:${secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    expect(token.status).toBe(200);
    expect(await (await fetch(`${server.url}/health/ready`)).json()).toEqual({ status: 'ready' });

    const { stdout: keys } = await run('keys', 'list', '--json');
    expect(JSON.parse(keys)).toMatchObject({ keys: [{ alg: 'ES256' }, {}, { alg: 'RS256' }, {}] });
    const doctor = await run('doctor');
    expect(asOneLine(doctor.stdout)).toMatch(
      /✓ database: test_\w+ on 127\.0\.0\.1:\d+ as postgres answers, Postgres \d/,
    );
    expect(asOneLine(doctor.stdout)).toMatch(/! database: test_\w+ on .*fsync is off/);
    expect(doctor.code).toBe(0);
    const here = environmentFor(folder, environment());
    expect((await runCommand(['clients', 'list'], { environment: here })).stdout).toContain('first-client');
    expect((await runCommand(['audit', 'list'], { environment: here })).code).toBe(0);

    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(server.stderr()).toBe('');
  });

  test('a second start changes nothing', async () => {
    const server = await serve();
    expect(server.stdout()).toContain('The first client is there already');
  });

  test.each([
    ['nothing listens', 'postgres://ada:canary@127.0.0.1:1/id', /\(ECONNREFUSED\). Nothing listens there/],
    ['the URL is malformed', 'postgres://ada:can%ary@127.0.0.1/id', /must start the code of a UTF-8 byte/],
    ['it names no database', 'postgres://ada:canary@127.0.0.1', /expected file:PATH, the SQLite file, or postgres:/],
  ])('a server that cannot open it ends at once and says why: %s', async (_, url, reason) => {
    const environment = environmentFor(folder, { KEYTURN_DATABASE_URL: url });
    for (const { code, stdout, stderr } of [
      await runCli(['serve'], folder, environment),
      await runCommand(['doctor'], { environment }),
    ]) {
      expect(code).toBe(1);
      expect(asOneLine(stdout + stderr)).toMatch(reason);
      expect(stdout + stderr).not.toMatch(/canary|can%ary|\n {4}at /);
    }
  });
});
