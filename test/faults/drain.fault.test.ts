// F14: SIGTERM with requests in flight, and the start after it.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { exchange, statusesOf } from '../raw_http.ts';
import {
  databasePathIn,
  type Ended,
  makeFolder,
  processTestMilliseconds,
  startServer,
  until,
} from '../running_server.ts';
import { addClient, addResource, basic, formContentType } from '../test_provider.ts';

const timeout = processTestMilliseconds;
const register = async (folder: string): Promise<void> => {
  const store = createBetterSqlite3Store(databasePathIn(folder), systemClock);
  await addResource(store, { resource: 'https://drain.example.com' });
  await addClient(store, 'client', { resources: ['https://drain.example.com'] });
  await store.close();
};

const body = 'grant_type=client_credentials';
const head = [
  'POST /token HTTP/1.1',
  'Host: 127.0.0.1',
  `Content-Type: ${formContentType}`,
  `Authorization: ${basic('client')}`,
  `Content-Length: ${body.length}`,
  '\r\n',
].join('\r\n');

interface InFlight {
  readonly socket: Socket;
  /** Everything the server sent, once it closed the connection. */
  readonly answer: Promise<string>;
}

/** A request whose head and half of whose body have been taken by the server. */
const begin = async (port: number): Promise<InFlight> => {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString();
  });
  // A connection that is cut is one whose answer is short.
  socket.on('error', () => undefined);
  const answer = new Promise<string>((resolve) => socket.once('close', () => resolve(received)));
  await new Promise<void>((connected) => socket.once('connect', connected));
  await new Promise((written) => socket.write(head + body.slice(0, 10), written));
  return { socket, answer };
};

const isRefused = async (port: number): Promise<true | undefined> => {
  const socket = connect(port, '127.0.0.1');
  const refused = await once(socket, 'connect').then(
    () => undefined,
    () => true as const,
  );
  socket.destroy();
  return refused;
};

/** Every row of every table, as text. */
const dump = (folder: string): string => {
  const database = new Database(databasePathIn(folder), { readonly: true });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all();
  const rows = tables.map((table) => [table, database.prepare(`SELECT * FROM "${table}"`).all()]);
  database.close();
  return JSON.stringify(rows);
};

const cleanEnd: Ended = { code: 0, signal: null };

describe.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s with requests in flight', { timeout }, (signal) => {
  test('new connections are refused, every request is answered whole, the database is closed, exit 0', async () => {
    const folder = makeFolder();
    const server = await startServer(folder, { KEYTURN_DRAIN_SECONDS: '300' });
    await register(folder);
    const inFlight = await Promise.all(Array.from({ length: 20 }, () => begin(server.port)));
    const silent = connect(server.port, '127.0.0.1').on('error', () => undefined);
    await once(silent, 'connect');
    // A whole exchange on a connection of its own: what came before it has reached the server, in order.
    const last = 'GET /health/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    expect(statusesOf(await exchange(server.port, [last]))).toEqual([200]);

    server.child.kill(signal);
    await until('new connections are refused', () => isRefused(server.port));
    // Of a terminal that goes away both the system and the shell tell.
    if (signal === 'SIGHUP') server.child.kill(signal);
    for (const { socket } of inFlight) socket.write(body.slice(10));
    for (const answer of await Promise.all(inFlight.map((request) => request.answer))) {
      expect(statusesOf(answer)).toEqual([200]);
      const [, json = ''] = answer.split('\r\n\r\n');
      expect(JSON.parse(json)).toMatchObject({ access_token: expect.any(String), token_type: 'Bearer' });
    }
    expect(await server.ended).toEqual(cleanEnd);
    expect(server.stderr()).toBe('');
    const messages = server.stdout().match(/"msg":"(draining|stopped)"/g);
    expect(messages).toEqual(['"msg":"draining"', '"msg":"stopped"']);
    for (const suffix of ['-wal', '-shm']) expect(existsSync(databasePathIn(folder) + suffix)).toBe(false);
  });
});

describe('the end of a drain', { timeout }, () => {
  test('a request that never ends is cut after KEYTURN_DRAIN_SECONDS, and the exit is clean', async () => {
    const folder = makeFolder();
    const server = await startServer(folder, { KEYTURN_DRAIN_SECONDS: '1' });
    await register(folder);
    const { answer } = await begin(server.port);
    expect(await server.stop()).toEqual(cleanEnd);
    expect(await answer).not.toContain('access_token');
    expect(existsSync(`${databasePathIn(folder)}-wal`)).toBe(false);
  });

  test('a second start changes nothing, after a drain as after SIGKILL', async () => {
    const folder = makeFolder();
    const first = await startServer(folder);
    await register(folder);
    expect(await first.stop()).toEqual(cleanEnd);
    const before = dump(folder);
    const environment = { KEYTURN_ISSUER: first.issuer };
    const second = await startServer(folder, environment);
    await second.kill();
    expect(dump(folder)).toBe(before);
    const third = await startServer(folder, environment);
    expect(await third.stop()).toEqual(cleanEnd);
    expect(dump(folder)).toBe(before);
    expect(third.stdout()).toContain('rotate-secret first-client');
  });
});
