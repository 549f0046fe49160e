// Listens with @hono/node-server: limits against slow and hostile peers, one log line a request, a bounded drain.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { OperatorError } from '../errors.ts';
import type { Log } from '../seams/log.ts';

const limits = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16_384,
};
const drainPollMilliseconds = 50;

export interface ListenOptions {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly log: Log;
}

export interface Listening {
  /** Stops accepting, lets requests in flight finish for at most `drainSeconds`, then cuts what is left. */
  drain(drainSeconds: number): Promise<void>;
}

const logRequest = (log: Log) => (request: IncomingMessage, response: ServerResponse) => {
  const started = performance.now();
  response.once('close', () => {
    const fields = {
      request_id: response.getHeader('X-Request-Id'),
      method: request.method,
      path: request.url?.split('?', 1)[0]?.slice(0, 256),
      status: response.statusCode,
      milliseconds: Math.round((performance.now() - started) * 10) / 10,
    };
    log.info(response.writableFinished ? fields : { ...fields, aborted: true }, 'request');
  });
};

const listenError = (host: string, port: number, error: NodeJS.ErrnoException): unknown => {
  if (error.code === 'EADDRINUSE')
    return new OperatorError(
      `Port ${port} on ${host} is in use by another process. Stop it, or set KEYTURN_PORT (and KEYTURN_ISSUER) to a free port.`,
    );
  if (error.code === 'EACCES')
    return new OperatorError(`This user may not listen on port ${port}. Set KEYTURN_PORT to 1024 or above.`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new OperatorError(`${host} is not an address of this machine. Set KEYTURN_HOST to one, or to 0.0.0.0 for all.`);
  return error;
};

const drainServer = async (server: Server, drainSeconds: number): Promise<void> => {
  const closed = once(server, 'close');
  server.close();
  const closingIdle = setInterval(() => server.closeIdleConnections(), drainPollMilliseconds);
  const cutting = setTimeout(() => server.closeAllConnections(), drainSeconds * 1000);
  await closed;
  clearInterval(closingIdle);
  clearTimeout(cutting);
};

/** @throws {OperatorError} when the address cannot be listened on. */
export const listen = async ({ fetch, host, port, maxConnections, log }: ListenOptions): Promise<Listening> => {
  const server = createAdaptorServer({ fetch, createServer, serverOptions: limits }) as Server;
  server.maxConnections = maxConnections;
  server.prependListener('request', logRequest(log));
  server.listen(port, host);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw listenError(host, port, error);
  });
  return { drain: (drainSeconds) => drainServer(server, drainSeconds) };
};
