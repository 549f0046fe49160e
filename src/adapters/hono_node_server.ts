// Listens with @hono/node-server: limits against slow and hostile peers, one log line a request, a bounded drain.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Log } from '../seams/log.ts';
import { type Metrics, noMetrics } from '../seams/metrics.ts';
import type { RequestSpan, Tracer } from '../seams/tracer.ts';
import { answerDirectly, type DirectDocument } from './direct_answer.ts';
import { listenError } from './listening_address.ts';
import { onceAnswered } from './pipelined_requests.ts';
import { refusedStatus } from './request_head.ts';
import { createShortTurns } from './short_turns.ts';
import { answerUnread, refuse } from './unread_request.ts';

const limits = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16_384,
  // Looked at here, to be refused with the headers of every answer.
  requireHostHeader: false,
};
/** A peer that neither sends nor takes anything for so long is gone, or means to hold the connection. */
const stuckMilliseconds = 30_000;
const drainPollMilliseconds = 50;
/** How long a connection that is idle is kept when a drain begins, for the next request to be answered as the last. */
const farewellMilliseconds = 250;
/** How long the event loop may be at requests before it looks at what else has come. */
const turnMilliseconds = 1;
/** Connections that wait to be accepted, one a turn. The kernel allows for no more than its somaxconn. */
const backlog = 4096;

/** What goes in with a request, and what comes of it. */
export interface ServedRequest {
  /** To be sent and logged with whatever becomes of it. */
  readonly requestId: string;
  readonly remoteAddress: string | undefined;
  /** Which one it went to, once that is known. */
  endpoint: string;
}

export interface ListenOptions {
  readonly fetch: (request: Request, bindings: ServedRequest) => Response | Promise<Response>;
  /** Answered before `fetch` is asked. */
  readonly direct?: DirectDocument;
  /** Those of every answer, also to what is refused before `fetch` is asked. */
  readonly fixedHeaders?: Readonly<Record<string, string>>;
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  /** How long a connection is kept after an answer. */
  readonly keepAliveSeconds?: number;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer | undefined;
}

export interface Listening {
  /** Stops accepting, lets requests in flight finish for at most `drainSeconds`, then cuts what is left. */
  drain(drainSeconds: number): Promise<void>;
}

const watchRequest = (
  { log, metrics = noMetrics }: ListenOptions,
  request: IncomingMessage,
  response: ServerResponse,
  served: ServedRequest,
  span: RequestSpan | undefined,
): void => {
  const started = performance.now();
  response.on('close', () => {
    const milliseconds = performance.now() - started;
    const status = response.writableFinished ? response.statusCode : 'aborted';
    metrics.requestServed(served.endpoint, status, milliseconds / 1000);
    span?.end(served.endpoint, status);
    const fields = {
      request_id: served.requestId,
      method: request.method,
      path: request.url?.split('?', 1)[0]?.slice(0, 256),
      status: response.statusCode,
      milliseconds: Math.round(milliseconds * 10) / 10,
    };
    log.info(response.writableFinished ? fields : { ...fields, aborted: true }, 'request');
  });
};

interface Connections {
  /** Each answer, when its request has come. @returns the one before it on the same connection. */
  answers(response: ServerResponse): ServerResponse | undefined;
  /** The one whose request came last on a connection. */
  lastOn(socket: Socket): ServerResponse | undefined;
  /** RFC 9112 §9.6: whoever keeps a connection is told, with the next answer, that it takes no further request. */
  end(): void;
  /** Those on which nothing was ever sent. Node counts them as busy with a request. */
  closeSilent(): void;
}

const watchConnections = (server: Server): Connections => {
  const open = new Set<Socket>();
  const latest = new WeakMap<Socket, ServerResponse>();
  let ending = false;
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return {
    answers: (response) => {
      const { socket } = response.req;
      const before = latest.get(socket);
      latest.set(socket, response);
      if (ending) response.shouldKeepAlive = false;
      return before;
    },
    lastOn: (socket) => latest.get(socket),
    end: () => {
      ending = true;
      for (const socket of open) {
        const response = latest.get(socket);
        if (response !== undefined) response.shouldKeepAlive = false;
      }
    },
    closeSilent: () => {
      for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    },
  };
};

const drainServer = async (server: Server, connections: Connections, drainSeconds: number): Promise<void> => {
  const closed = once(server, 'close');
  connections.end();
  // Its own would close idle connections at once, and a request may be on its way on each.
  NetServer.prototype.close.call(server);
  const idleFrom = performance.now() + farewellMilliseconds;
  const closingIdle = setInterval(() => {
    if (performance.now() < idleFrom) return;
    server.closeIdleConnections();
    connections.closeSilent();
  }, drainPollMilliseconds);
  const cutting = setTimeout(() => server.closeAllConnections(), drainSeconds * 1000);
  await closed;
  clearInterval(closingIdle);
  clearTimeout(cutting);
};

const newRequest = ({ remoteAddress }: Socket): ServedRequest => ({
  requestId: randomUUID(),
  remoteAddress,
  endpoint: 'unknown',
});

const headerOf = ({ headers }: IncomingMessage, name: string): string | undefined => headers[name]?.toString();

const beginSpan = (tracer: Tracer, request: IncomingMessage, { requestId }: ServedRequest): RequestSpan =>
  tracer.beginRequest(request.method, requestId, headerOf(request, 'traceparent'), headerOf(request, 'tracestate'));

/** @throws {OperatorError} when the address cannot be listened on. */
export const listen = async (options: ListenOptions): Promise<Listening> => {
  const { fetch, direct, fixedHeaders = {}, host, port, maxConnections, keepAliveSeconds = 5, tracer } = options;
  // Kept beside the response: its own headers cannot be read back once writeHead has sent them.
  const requests = new WeakMap<object, ServedRequest>();
  const server = createAdaptorServer({
    fetch: (request, { incoming, outgoing }) => fetch(request, requests.get(outgoing) ?? newRequest(incoming.socket)),
    createServer,
    // HTTP/1.0 needs no Host, and load balancers ask for health without one. Only cookies go by it, and browsers send one.
    hostname: 'localhost',
    serverOptions: { ...limits, keepAliveTimeout: keepAliveSeconds * 1000 },
  }) as Server;
  server.maxConnections = maxConnections;
  server.setTimeout(stuckMilliseconds);
  const connections = watchConnections(server);
  const inTurn = createShortTurns(turnMilliseconds);
  const [answerByFetch] = server.listeners('request') as ((
    request: IncomingMessage,
    response: ServerResponse,
  ) => void)[];
  if (answerByFetch === undefined) throw new TypeError('the server has no listener');
  server.removeAllListeners('request');
  answerUnread(server, fixedHeaders, connections.lastOn);
  const serve = (request: IncomingMessage, response: ServerResponse, refusal?: number): void => {
    const served = newRequest(request.socket);
    const before = connections.answers(response);
    const span = tracer && beginSpan(tracer, request, served);
    watchRequest(options, request, response, served, span);
    onceAnswered(before, () => {
      if (refusal === undefined && direct !== undefined && answerDirectly(direct, request, response, served)) return;
      const refused = refusal ?? refusedStatus(request);
      if (refused !== undefined) {
        refuse(response, refused, { 'X-Request-Id': served.requestId, ...fixedHeaders });
        return;
      }
      requests.set(response, served);
      inTurn(() => {
        // Whoever went away meanwhile waits for nothing.
        if (response.destroyed) return;
        if (span === undefined) answerByFetch(request, response);
        else span.run(() => answerByFetch(request, response));
      });
    });
  };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => serve(request, response));
  // RFC 9110 §10.1.1: nobody here meets any but 100-continue.
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => serve(request, response, 417));
  server.listen({ port, host, backlog });
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw listenError(host, port, error);
  });
  return { drain: (drainSeconds) => drainServer(server, connections, drainSeconds) };
};
