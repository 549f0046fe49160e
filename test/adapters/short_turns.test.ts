import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { listen } from '../../src/adapters/hono_node_server.ts';
import { createShortTurns } from '../../src/adapters/short_turns.ts';
import type { Log } from '../../src/seams/log.ts';
import { freePort } from '../free_port.ts';

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, place) => place);

const workFor = (milliseconds: number): void => {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
};

describe('turns that stay short', () => {
  test('what nothing is before begins at once', () => {
    const inTurn = createShortTurns(1);
    let begun = false;
    inTurn(() => {
      begun = true;
    });
    expect(begun).toBe(true);
  });

  test('a turn begins the more, the less time each takes', async () => {
    const inTurn = createShortTurns(1);
    let begun = 0;
    for (const _ of numbers(2000))
      inTurn(() => {
        begun += 1;
      });
    let turns = 0;
    for (; begun < 2000; turns += 1) await nextTurn();
    expect(turns).toBeLessThan(200);
  });

  test('when a turn has had its time the others begin in later ones, in the order they came', async () => {
    const inTurn = createShortTurns(1);
    const begun: number[] = [];
    for (const place of numbers(10))
      inTurn(() => {
        begun.push(place);
        workFor(2);
      });
    expect(begun).toEqual([0]);
    for (let turn = 1; begun.length < 10; turn += 1) {
      await nextTurn();
      expect(begun.length).toBeLessThanOrEqual(turn + 1);
    }
    expect(begun).toEqual(numbers(10));
  });

  test('what is begun counts with all it does before it has to wait', async () => {
    const inTurn = createShortTurns(1);
    const done: number[] = [];
    for (const place of numbers(5))
      inTurn(async () => {
        for (const _ of numbers(3)) await Promise.resolve();
        workFor(2);
        done.push(place);
      });
    for (let turn = 1; done.length < 5; turn += 1) {
      await nextTurn();
      expect(done.length).toBeLessThanOrEqual(turn + 1);
    }
  });

  test('after a quiet time it begins at once again', async () => {
    const inTurn = createShortTurns(1);
    inTurn(() => workFor(2));
    await nextTurn();
    await nextTurn();
    let begun = false;
    inTurn(() => {
      begun = true;
    });
    expect(begun).toBe(true);
  });
});

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const crowd = 150;

describe('a server under a crowd that asks again and again', () => {
  let sockets: Socket[] = [];
  let drain: (() => Promise<void>) | undefined;
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets = [];
    await drain?.();
  });

  const open = async (port: number): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket.on('error', () => undefined));
    await once(socket, 'connect');
    return socket;
  };

  test('F20: a connection that comes new is accepted, and gets the key set, while few of the crowd are answered', async () => {
    const port = await freePort();
    let [asked, answered] = [0, 0];
    const served = await listen({
      fetch: () => {
        asked += 1;
        workFor(1);
        return new Response('token');
      },
      direct: {
        endpoint: 'jwks',
        path: '/keys',
        answer: () => ({ status: 200, headers: ['Content-Length', '4'], body: 'keys', encoding: 'latin1' }),
      },
      ...{ host: '127.0.0.1', port, maxConnections: 1000, log: silent },
    });
    drain = () => served.drain(0);
    for (const _ of numbers(crowd)) {
      const socket = await open(port);
      const ask = (): boolean => socket.write('GET /token HTTP/1.1\r\nHost: a\r\n\r\n');
      socket.on('data', () => {
        answered += 1;
        ask();
      });
      ask();
    }
    while (answered < 2 * crowd) await nextTurn();
    const before = asked;
    const late = await open(port);
    late.write('GET /keys HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(late, 'data');
    // One look at all connections, which the accepting and the reading each wait for, would be the crowd twice.
    expect(asked - before).toBeLessThan(crowd / 2);
  });
});
