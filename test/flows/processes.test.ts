// KEYTURN_PROCESSES: several real processes behind one port, over one database.
import { Agent, request } from 'node:http';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { freePort } from '../free_port.ts';
import {
  databasePathIn,
  makeFolder,
  processTestMilliseconds,
  type RunningServer,
  startServer,
  until,
} from '../running_server.ts';
import { addClient, addResource, basic, formContentType } from '../test_provider.ts';

const timeout = processTestMilliseconds;
const count = 2;
const resource = 'https://processes.example.com';

interface Line {
  readonly msg: string;
  readonly pid?: number;
  readonly level: number;
  readonly code?: number | null;
  readonly signal?: string | null;
}

/** The log's records; what is printed besides is not JSON. @throws when a record is torn. */
const recordsOf = (server: Pick<RunningServer, 'stdout'>): readonly Line[] =>
  server
    .stdout()
    .split('\n')
    .filter((line) => line.includes('"level":'))
    .map((line) => JSON.parse(line) as Line);

const pidsOf = (server: RunningServer): readonly number[] =>
  recordsOf(server).flatMap(({ msg, pid }) => (msg === 'process serves' && pid !== undefined ? [pid] : []));

const register = async (folder: string): Promise<void> => {
  const store = createBetterSqlite3Store(databasePathIn(folder), systemClock);
  await addResource(store, { resource });
  await addClient(store, 'client', { resources: [resource] });
  await store.close();
};

interface Answer {
  readonly status: number;
  readonly body: string;
}

const tokenForm = 'grant_type=client_credentials';

/** One token request. @throws when the connection ends before the whole answer has come. */
const askForToken = (port: number, agent: Agent, form = tokenForm, authorization = basic('client')): Promise<Answer> =>
  new Promise((settle, fail) => {
    const headers = {
      'Content-Type': formContentType,
      'Content-Length': Buffer.byteLength(form),
      Authorization: authorization,
    };
    const asked = request({ host: '127.0.0.1', port, path: '/token', method: 'POST', headers, agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => settle({ status: response.statusCode ?? 0, body }));
      response.on('error', fail);
      response.on('aborted', () => fail(new Error('the answer was cut off')));
    });
    asked.on('error', fail);
    asked.end(form);
  });

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

const token = 'a-token-that-all-processes-ask-for';
const issued =
  /^keyturn_tokens_issued_total\{type="access_token",alg="ES256",grant_type="client_credentials"\} (\d+)$/m;

describe('several processes behind one port', { timeout }, () => {
  let server: RunningServer;
  let metricsPort: number;

  beforeAll(async () => {
    metricsPort = await freePort();
    server = await startServer(makeFolder(), {
      KEYTURN_PROCESSES: `${count}`,
      KEYTURN_METRICS_PORT: `${metricsPort}`,
      KEYTURN_METRICS_TOKEN: token,
    });
    await register(server.folder);
  }, timeout);

  const metricsAt = async (port: number): Promise<string> => {
    const headers = { Authorization: `Bearer ${token}`, Connection: 'close' };
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers });
    expect(response.status).toBe(200);
    return response.text();
  };
  const issuedNow = async (): Promise<number> => Number(issued.exec(await metricsAt(metricsPort))?.[1] ?? 0);

  test('a first start makes one ring, one key for each place and one walk', async () => {
    await expect.poll(() => new Set(pidsOf(server)).size, { timeout: 10_000 }).toBe(count);
    expect(server.stdout().match(/^node --input-type=module - /gm)).toHaveLength(1);
    expect(server.stdout().match(/"msg":"listening"/g)).toHaveLength(1);
    const { keys } = (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as { keys: { alg: string }[] };
    expect(keys.map(({ alg }) => alg).sort()).toEqual(['ES256', 'ES256', 'RS256', 'RS256']);
  });

  test('while the first process stands still the others serve on, and metrics are refused instead of waited for', async () => {
    process.kill(server.pid, 'SIGSTOP');
    onTestFinished(() => {
      process.kill(server.pid, 'SIGCONT');
    });
    const headers = { Authorization: `Bearer ${token}`, Connection: 'close' };
    const refused = await fetch(`${server.url}/metrics`, { headers, signal: AbortSignal.timeout(15_000) });
    expect(refused.status).toBe(500);
    expect((await fetch(`${server.url}/.well-known/jwks.json`)).status).toBe(200);
  });

  test('every process answers, and the metrics are those of all, on their own port and on the main one', async () => {
    // A connection for each request: the kernel gives each to one that is free.
    const agent = new Agent({ keepAlive: false });
    const answers = await Promise.all(Array.from({ length: 60 }, () => askForToken(server.port, agent)));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    for (const port of [metricsPort, ...Array.from({ length: count }, () => server.port)]) {
      const page = await metricsAt(port);
      expect(issued.exec(page)?.[1]).toBe('60');
      expect(page).toContain(`keyturn_processes ${count}\n`);
      expect(page).toContain('keyturn_signing 1\n');
    }
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
  });

  test('one that is killed under load comes back; what it had in hand alone is lost, and counters do not fall', async () => {
    const connections = 12;
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    const outcomes = { answered: 0, refused: [] as number[], lost: [] as string[] };
    let going = true;
    const load = Array.from({ length: connections }, async () => {
      while (going)
        await askForToken(server.port, agent).then(
          ({ status }) => {
            if (status !== 200) outcomes.refused.push(status);
            outcomes.answered += 1;
          },
          (error: unknown) => outcomes.lost.push(codeOf(error)),
        );
    });
    await until('every process has much to do', () => (outcomes.answered > 200 ? true : undefined));
    const before = await issuedNow();
    const [victim] = pidsOf(server);
    if (victim === undefined) throw new Error('no process said that it serves');
    process.kill(victim, 'SIGKILL');
    await until('another serves in its place', () => (pidsOf(server).length === count + 1 ? true : undefined));
    const answeredThen = outcomes.answered;
    await until('all go on', () => (outcomes.answered > answeredThen + 200 ? true : undefined));
    going = false;
    await Promise.all(load);
    expect(await issuedNow()).toBeGreaterThan(before);
    expect(await metricsAt(metricsPort)).toContain('keyturn_process_restarts_total 1\n');
    expect(outcomes.refused).toEqual([]);
    // One request at most for each connection.
    expect(outcomes.lost.length).toBeLessThanOrEqual(connections);
    expect(outcomes.lost.filter((code) => !['ECONNRESET', 'EPIPE'].includes(code))).toEqual([]);
    const ended = recordsOf(server).filter(({ msg }) => msg.startsWith('a process ended'));
    expect(ended).toMatchObject([{ pid: victim, code: null, signal: 'SIGKILL', level: 50 }]);
  });

  test('SIGTERM under load: every request that was taken is answered whole, and the log is', async () => {
    const agent = new Agent({ keepAlive: false });
    const outcomes = { answered: 0, broken: [] as string[] };
    let going = true;
    const load = Array.from({ length: 8 }, async () => {
      while (going)
        await askForToken(server.port, agent).then(
          ({ status, body }) => {
            if (status !== 200 || !body.endsWith('}')) outcomes.broken.push(`${status} ${body}`);
            outcomes.answered += 1;
          },
          (error: unknown) => {
            // Nobody listens any more, or nobody had taken it.
            if (['ECONNREFUSED', 'ECONNRESET'].includes(codeOf(error))) going = false;
            else outcomes.broken.push(codeOf(error));
          },
        );
    });
    await until('there is load', () => (outcomes.answered > 100 ? true : undefined));
    // A service manager tells every process; the first tells them again.
    const living = pidsOf(server).slice(1);
    for (const pid of living) process.kill(pid, 'SIGTERM');
    server.child.kill('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    going = false;
    await Promise.all(load);
    expect(outcomes.broken).toEqual([]);
    const said = recordsOf(server).map(({ msg }) => msg);
    expect(said.filter((msg) => msg === 'process stopped')).toHaveLength(count);
    expect(said.filter((msg) => msg.startsWith('a process ended'))).toHaveLength(1);
    expect(said.at(-1)).toBe('stopped');
    for (const pid of living) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(server.stderr()).toBe('');
  });
});
