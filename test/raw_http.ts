// HTTP/1.1 byte by byte, for requests no client library would send.
import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { type Listening, listen } from '../src/adapters/hono_node_server.ts';
import { directJwks } from '../src/endpoints/jwks.ts';
import { fixedHeaders } from '../src/endpoints/response_headers.ts';
import { freePort } from './free_port.ts';
import type { TestProvider } from './test_provider.ts';

/**
 * Sends the pieces one after the other and reads until the server closes the connection, which it must do by itself:
 * a request that is good asks for it with `Connection: close`.
 */
export const exchange = async (port: number, pieces: readonly (string | Uint8Array)[]): Promise<string> => {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A server that refuses early closes while we still write: what it said first is what counts.
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (const piece of pieces) {
    if (socket.destroyed || chunks.length > 0) break;
    await new Promise((written) => socket.write(piece, written));
    await turn();
  }
  await closed;
  return Buffer.concat(chunks).toString('latin1');
};

/** The status codes of the answers in what came back, in order. */
export const statusesOf = (answers: string): readonly number[] =>
  [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

export interface Served extends Listening {
  readonly port: number;
}

/** Serves a provider of this process over HTTP, through the real adapter. */
export const serveProvider = async (
  provider: TestProvider,
  maxConnections = 100,
  keepAliveSeconds?: number,
): Promise<Served> => {
  const { app, log, metrics } = provider;
  const port = await freePort();
  const listening = await listen({
    fetch: (request, bindings) => app.fetch(request, bindings),
    direct: directJwks(provider),
    fixedHeaders: fixedHeaders(provider.config),
    host: '127.0.0.1',
    port,
    maxConnections,
    ...(keepAliveSeconds !== undefined && { keepAliveSeconds }),
    log,
    metrics,
  });
  return { ...listening, port };
};
