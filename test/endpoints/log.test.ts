import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { exchange } from '../raw_http.ts';
import {
  databasePathIn,
  makeFolder,
  processTestMilliseconds,
  type RunningServer,
  startServer,
} from '../running_server.ts';
import {
  addClient,
  addResource,
  basic,
  formContentType,
  makeKekRing,
  registeredSecret,
  tokenAnswer,
} from '../test_provider.ts';

const folder = makeFolder();
const kekRing = makeKekRing();
let server: RunningServer;

const ask = (form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${server.url}/token`, {
    method: 'POST',
    headers: { 'Content-Type': formContentType, ...headers },
    body: new URLSearchParams(form),
  });

beforeAll(async () => {
  server = await startServer(folder, {
    KEYTURN_ISSUER: 'https://id.example.com',
    KEYTURN_KEK_RING: kekRing,
    KEYTURN_LOG_LEVEL: 'debug',
  });
  const store = createBetterSqlite3Store(databasePathIn(folder), systemClock);
  await addResource(store);
  await addClient(store, 'client');
  await addClient(store, 'posting', { tokenEndpointAuthMethod: 'client_secret_post' });
  await store.close();
}, processTestMilliseconds);

afterAll(async () => {
  await server.kill();
});

/** What the server wrote until it ended; only then is all of it out. */
const stopped = async (): Promise<string> => {
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(server.stderr()).toBe('');
  return server.stdout();
};

describe('the log of a running server', () => {
  const red = '\u001b[31m';
  const hostile = `x\r\n{"level":60,"msg":"forged"}\r\n${red}\u0000\u2028"`;
  let written: string;
  let tokens: readonly string[];
  let requestId: string;

  beforeAll(async () => {
    const answers = [
      await ask({ grant_type: 'client_credentials' }, { Authorization: basic('client') }),
      await ask({ grant_type: 'client_credentials', client_id: 'posting', client_secret: registeredSecret }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    tokens = await Promise.all(answers.map(async (response) => (await tokenAnswer(response)).access_token));
    requestId = answers[0]?.headers.get('X-Request-Id') ?? 'missing';
    const refused = [
      await ask({ grant_type: hostile }, { Authorization: basic('client') }),
      await ask({ grant_type: 'client_credentials', scope: hostile }, { Authorization: basic('client') }),
      await ask({ grant_type: 'client_credentials', client_id: hostile, client_secret: `canary-${registeredSecret}` }),
      await ask({ grant_type: 'client_credentials' }, { Authorization: basic(hostile, 'canary-wrong') }),
      await ask({ grant_type: 'client_credentials' }, { Authorization: `Bearer ${tokens[0]}` }),
      await ask(
        {},
        { Cookie: 'session=canary-cookie', 'X-Request-Id': 'canary-id', Referer: 'https://canary-referer' },
      ),
      await fetch(`${server.url}/token?client_secret=canary-query`, { method: 'POST' }),
      await fetch(`${server.url}/%1b%5b31m%0d%0aforged`),
    ];
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 401, 401, 401, 401, 400, 404]);
    await exchange(server.port, [
      Buffer.from(
        `GET /\u001b[31m{"forged":1} HTTP/1.1\r\nHost: a\r\nUser-Agent: ${red}canary-agent\r\nConnection: close\r\n\r\n`,
      ),
    ]);
    written = await stopped();
  }, processTestMilliseconds);

  test('T126: every line is one JSON record, whatever client_id, User-Agent and path hold', () => {
    const lines = written.trimEnd().split('\n');
    const records = lines.map((line) => JSON.parse(line) as { readonly msg: string; readonly level: number });
    expect(records.filter(({ msg }) => msg === 'request').length).toBeGreaterThanOrEqual(10);
    expect(records.filter(({ msg, level }) => msg === 'forged' || level === 60)).toEqual([]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
    expect(written).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
  });

  test('T127: no secret, Authorization header, token, cookie, query or key is in it', () => {
    const signatures = tokens.map((token) => token.split('.')[2] ?? 'missing');
    const kek = (JSON.parse(kekRing) as { keys: readonly { k: string }[] }).keys[0]?.k ?? 'missing';
    const secrets = [...tokens, ...signatures, kek, registeredSecret, encodeURIComponent(registeredSecret)];
    for (const secret of [...secrets, basic('client').slice('Basic '.length), 'canary', 'Basic ', 'Bearer '])
      expect(written).not.toContain(secret);
  });

  test('a request has one line with its id, method, path, status and time', () => {
    const line = written.split('\n').find((candidate) => candidate.includes(requestId)) ?? '{}';
    const { time, ...record } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    expect(time).toEqual(expect.stringMatching(/^\d{4}-\d\d-\d\dT/));
    expect(record).toEqual({
      level: 30,
      request_id: requestId,
      method: 'POST',
      path: '/token',
      status: 200,
      milliseconds: expect.any(Number),
      msg: 'request',
    });
  });
});
