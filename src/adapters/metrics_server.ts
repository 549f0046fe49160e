// The port of its own on which /metrics is read: nothing else is there, and no request reaches the issuer through it.
import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { OperatorError } from '../errors.ts';
import type { MetricsPage } from '../seams/metrics.ts';

export interface MetricsServerOptions {
  readonly host: string;
  readonly port: number;
  /** Asked for where there is one. */
  readonly token: string | undefined;
  readonly page: () => Promise<MetricsPage | undefined>;
}

const limits = { headersTimeout: 5000, requestTimeout: 5000, keepAliveTimeout: 5000, maxHeaderSize: 8192 };
const mostConnections = 32;

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

const isAllowed = ({ headers }: IncomingMessage, token: string | undefined): boolean => {
  if (token === undefined) return true;
  const [, shown = ''] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  return timingSafeEqual(hashOf(shown), hashOf(token));
};

const refuse = (response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void => {
  response.writeHead(status, { 'Cache-Control': 'no-store', 'Content-Length': '0', ...headers });
  response.end();
};

/** @returns how to stop it. @throws {OperatorError} when the address cannot be listened on. */
export const serveMetrics = async ({ host, port, token, page }: MetricsServerOptions): Promise<() => void> => {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url?.split('?', 1)[0] !== '/metrics') return refuse(response, 404);
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, { Allow: 'GET, HEAD' });
    if (!isAllowed(request, token)) return refuse(response, 401, { 'WWW-Authenticate': 'Bearer realm="metrics"' });
    const found = await page();
    if (found === undefined) return refuse(response, 404);
    response.writeHead(200, {
      'Content-Type': found.contentType,
      'Content-Length': `${Buffer.byteLength(found.body)}`,
      'Cache-Control': 'no-store',
    });
    response.end(request.method === 'HEAD' ? undefined : found.body);
  };
  const server = createServer(limits, (request, response) => {
    answer(request, response).catch(() => refuse(response, 500));
  });
  server.maxConnections = mostConnections;
  server.listen(port, host);
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    throw new OperatorError(
      `Metrics cannot be served on port ${port} of ${host} (${cause.code}). Set KEYTURN_METRICS_PORT and KEYTURN_METRICS_HOST to a free port of an address of this machine.`,
      { cause },
    );
  });
  return () => {
    server.close();
    server.closeAllConnections();
  };
};
