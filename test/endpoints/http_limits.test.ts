import { connect } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { exchange, type Served, serveProvider, statusesOf } from '../raw_http.ts';
import { createTestProvider } from '../test_provider.ts';

const made = vi.hoisted((): { servers: import('node:http').Server[] } => ({ servers: [] }));

vi.mock('node:http', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:http')>();
  const createServer = ((...args: Parameters<typeof original.createServer>) => {
    const server = original.createServer(...args);
    made.servers.push(server);
    return server;
  }) as typeof original.createServer;
  return { ...original, createServer };
});

let served: Served | undefined;

const serve = async (maxConnections?: number, keepAliveSeconds?: number): Promise<number> => {
  served = await serveProvider(await createTestProvider(), maxConnections, keepAliveSeconds);
  return served.port;
};

afterEach(() => served?.drain(0));

describe('limits against slow and many peers', () => {
  test('F11: a header that never ends, a request that never ends and an idle connection are cut within seconds', async () => {
    await serve();
    expect(made.servers.at(-1)).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      keepAliveTimeout: 5_000,
      maxConnections: 100,
    });
  });

  test('an idle connection is kept for longer where a proxy keeps it for longer', async () => {
    await serve(100, 75);
    expect(made.servers.at(-1)).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      keepAliveTimeout: 75_000,
    });
  });

  test('a connection past the most is closed without an answer, the others are served', async () => {
    const port = await serve(2);
    const held = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    await Promise.all(held.map((socket) => new Promise((connected) => socket.once('connect', connected))));
    const request = 'GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    expect(statusesOf(await exchange(port, [request]))).toEqual([]);
    const [first] = held;
    const answered = new Promise<string>((resolve) => first?.once('data', (chunk: Buffer) => resolve(`${chunk}`)));
    first?.write(request);
    expect(statusesOf(await answered)).toEqual([200]);
    for (const socket of held) socket.destroy();
  });
});
