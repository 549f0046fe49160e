// A connection has one request under way, however many it sent in one go.
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { type Listening, listen } from '../../src/adapters/hono_node_server.ts';
import { freePort } from '../free_port.ts';
import { exchange, statusesOf } from '../raw_http.ts';
import { createRecordedLog } from '../test_provider.ts';

const get = (path: string, ...headers: readonly string[]): string =>
  `${[`GET ${path} HTTP/1.1`, 'Host: a', ...headers].join('\r\n')}\r\n\r\n`;

let served: Listening;

afterEach(() => served.drain(0));

/** Each answer takes its time, and says which request it is of. */
const serve = async () => {
  const seen = { paths: [] as string[], underWay: 0, most: 0 };
  const port = await freePort();
  const fetch = async (request: Request): Promise<Response> => {
    seen.paths.push(new URL(request.url).pathname);
    seen.underWay += 1;
    seen.most = Math.max(seen.most, seen.underWay);
    await wait(2);
    const said = await request.text();
    seen.underWay -= 1;
    const headers = new URL(request.url).pathname === '/last' ? { Connection: 'close' } : undefined;
    return new Response(`${new URL(request.url).pathname} ${said};`, headers && { headers });
  };
  served = await listen({ fetch, host: '127.0.0.1', port, maxConnections: 100, log: createRecordedLog() });
  return { port, seen };
};

/** One whose answer to `/long` does not come to its end, as of the revocation feed; all others come at once. */
const serveLong = async () => {
  const port = await freePort();
  const log = createRecordedLog();
  const fetch = ({ url }: Request): Response =>
    new Response(new URL(url).pathname === '/long' ? new ReadableStream() : 'short');
  served = await listen({ fetch, host: '127.0.0.1', port, maxConnections: 100, log });
  return { port, log };
};

describe('pipelining, RFC 9112 §9.3.2', () => {
  test('requests in one go are begun one after the other, and answered in their order', async () => {
    const { port, seen } = await serve();
    const paths = Array.from({ length: 12 }, (_, number) => `/${number}`);
    const answers = await exchange(port, [paths.map((path) => get(path)).join('') + get('/end', 'Connection: close')]);
    expect(statusesOf(answers)).toEqual(Array.from({ length: 13 }, () => 200));
    expect([...answers.matchAll(/(\/\w+) ;/g)].map(([, path]) => path)).toEqual([...paths, '/end']);
    expect(seen.most).toBe(1);
  });

  test('bodies of requests in one go are each read with their own', async () => {
    const { port } = await serve();
    const post = (path: string, body: string, ...more: readonly string[]): string =>
      `${get(path, `Content-Length: ${body.length}`, ...more).replace('GET', 'POST')}${body}`;
    const answers = await exchange(port, [
      post('/a', 'one') + post('/b', 'x'.repeat(100_000)) + post('/c', 'three', 'Connection: close'),
    ]);
    expect(statusesOf(answers)).toEqual([200, 200, 200]);
    expect(answers).toMatch(/\/a one;.*\/b x{100000};.*\/c three;/s);
  });

  test('what other connections ask does not wait for all of them', async () => {
    const { port, seen } = await serve();
    const crowd = connect(port, '127.0.0.1');
    await new Promise((sent) => crowd.write(get('/crowd').repeat(200), sent));
    await exchange(port, [get('/other', 'Connection: close')]);
    expect(seen.paths.indexOf('/other')).toBeLessThan(50);
    crowd.destroy();
  });

  test.each([
    ['requests', get('/behind'), 20_000, 6_000],
    ['bodies', `${get('/behind', 'Content-Length: 1').replace('GET', 'POST')}x`, 20_000, 4_000],
  ])('a peer that sends %s on and on behind a long answer is not read on and on', async (_, request, sent, most) => {
    const { port, log } = await serveLong();
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    await new Promise((done) => socket.write(get('/long') + request.repeat(sent), done));
    await wait(300);
    await served.drain(0);
    await expect.poll(() => log.records.length).toBeGreaterThan(100);
    await wait(20);
    expect(log.records.length).toBeLessThan(most);
  });

  test('one that was not read for a while is read on once fewer of its requests wait', async () => {
    const { port } = await serveLong();
    const padded = get('/short', `X-Padding: ${'x'.repeat(1_000)}`);
    const answers = await exchange(port, [padded.repeat(400) + get('/end', 'Connection: close')]);
    expect(statusesOf(answers)).toHaveLength(401);
  });

  test('RFC 9112 §9.6: nothing that follows an answer which closes the connection is begun', async () => {
    const { port, seen } = await serve();
    const answers = await exchange(port, [get('/first') + get('/last') + get('/after').repeat(3)]);
    expect(statusesOf(answers)).toEqual([200, 200]);
    await wait(20);
    expect(seen.paths).toEqual(['/first', '/last']);
  });

  test('nothing is begun for a peer that went away', async () => {
    const { port, seen } = await serve();
    const socket = connect(port, '127.0.0.1');
    await new Promise((sent) => socket.write(get('/gone').repeat(200), sent));
    await expect.poll(() => seen.paths.length).toBeGreaterThan(0);
    socket.resetAndDestroy();
    const begunMeanwhile = async (): Promise<number> => {
      const before = seen.paths.length;
      await wait(50);
      return seen.paths.length - before;
    };
    await expect.poll(begunMeanwhile).toBe(0);
    expect(seen.paths.length).toBeLessThan(200);
  });
});
