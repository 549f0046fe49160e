// F11: thousands of connections that say nothing, and peers that send a head or a body a byte at a time, or do not read.
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quantileOf } from '../../bench/open_loop/open_loop.ts';
import { processTestMilliseconds, type RunningServer, startServer, until } from '../running_server.ts';
import { bounded, inMilliseconds, tell } from './bounds.ts';
import { askToken, type FaultNode, faultSettings, prepareNode } from './fault_node.ts';

const idleConnections = bounded(2000, 9000);
const slowConnections = bounded(200, 1000);
/** Its own files, database and log; the rest are connections. */
const mostOwnDescriptors = 60;
const maxConnections = 10_000;

let node: FaultNode;
let server: RunningServer;

beforeAll(async () => {
  node = await prepareNode(0);
  server = await startServer(node.folder, {
    ...faultSettings,
    KEYTURN_LOG_LEVEL: 'error',
    KEYTURN_MAX_CONNECTIONS: `${maxConnections}`,
  });
}, processTestMilliseconds);
afterAll(async () => {
  await server.stop();
});

const descriptors = (): number => readdirSync(`/proc/${server.pid}/fd`).length;

interface Peer {
  readonly socket: Socket;
  readonly closed: Promise<void>;
}

const open = async (count: number): Promise<readonly Peer[]> => {
  const peers: Peer[] = [];
  while (peers.length < count) {
    const some = Array.from({ length: Math.min(100, count - peers.length) }, () => {
      const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      return { socket, closed };
    });
    await Promise.all(
      some.map(({ socket, closed }) =>
        Promise.race([closed, new Promise<void>((done) => socket.once('connect', done))]),
      ),
    );
    peers.push(...some);
  }
  return peers;
};

/** Asks for tokens until `over`. @returns how long each took; each was answered with 200. */
const askMeanwhile = async (over: Promise<unknown>): Promise<readonly number[]> => {
  let goesOn = true;
  const stopped = over.finally(() => {
    goesOn = false;
  });
  const times: number[] = [];
  while (goesOn) {
    const started = performance.now();
    const response = await askToken(server.url);
    await response.arrayBuffer();
    expect(response.status).toBe(200);
    times.push(performance.now() - started);
    await wait(20);
  }
  await stopped;
  return times;
};

/** Sends a byte each half second to each, until it is closed. */
const drip = async (peers: readonly Peer[], start: string, drop: string): Promise<void> => {
  for (const { socket } of peers) socket.resume().write(start);
  const dripping = setInterval(() => {
    for (const { socket } of peers) if (socket.writable) socket.write(drop);
  }, 500);
  await Promise.all(peers.map(({ closed }) => closed));
  clearInterval(dripping);
};

const body =
  'POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\n';
const kinds: readonly (readonly [string, number, (peers: readonly Peer[]) => Promise<void>])[] = [
  [
    'say nothing',
    idleConnections,
    async (peers) => {
      for (const { socket } of peers) socket.resume();
      await Promise.all(peers.map(({ closed }) => closed));
    },
  ],
  ['send their head a byte at a time', slowConnections, (peers) => drip(peers, 'GET / HTTP/1.1\r\nX-Slow: ', 'x')],
  ['send their body a byte at a time', slowConnections, (peers) => drip(peers, body, 'x')],
];

describe('F11: hostile and forgotten connections', { timeout: 3 * processTestMilliseconds }, () => {
  test.each(kinds)(
    'connections that %s are closed in time, and tokens are given meanwhile',
    async (name, count, keepOpen) => {
      const before = descriptors();
      const peers = await open(count);
      const most = descriptors();
      const started = performance.now();
      const times = await askMeanwhile(keepOpen(peers));
      const seconds = (performance.now() - started) / 1000;
      expect(most).toBeLessThan(maxConnections + mostOwnDescriptors);
      await until('the descriptors are free', () => (descriptors() <= before + 5 ? true : undefined));
      tell(
        'F11',
        `${count} connections that ${name}`,
        `all closed within ${seconds.toFixed(0)} s, at most ${most} descriptors; ${times.length} tokens meanwhile, all 200, p99 ${inMilliseconds(quantileOf(times, 0.99))}`,
      );
    },
  );

  test('peers that ask and do not read what they get are closed, and tokens are given meanwhile', async () => {
    const before = descriptors();
    const peers = await open(slowConnections);
    const request = 'GET /.well-known/jwks.json HTTP/1.1\r\nHost: a\r\n\r\n';
    for (const { socket } of peers) socket.pause().write(request.repeat(20));
    // Far more answers than sockets hold: these are stuck, and closed for it.
    const stuck = peers.slice(0, 4);
    for (const { socket } of stuck) socket.write(request.repeat(8000));
    const closedInTime = until('they are closed', () => (descriptors() <= before + 5 ? true : undefined));
    const started = performance.now();
    const times = await askMeanwhile(closedInTime);
    const seconds = (performance.now() - started) / 1000;
    for (const { socket } of peers) socket.destroy();
    tell(
      'F11',
      `${slowConnections} connections that do not read their answers`,
      `all closed within ${seconds.toFixed(0)} s; ${times.length} tokens meanwhile, all 200, p99 ${inMilliseconds(quantileOf(times, 0.99))}`,
    );
  });
});
