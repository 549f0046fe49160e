// Traces, sent by a real issuer to a real OTLP/HTTP receiver, and nobody in them (T127).
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { freePort } from '../free_port.ts';
import {
  databasePathIn,
  environmentFor,
  launcher,
  makeFolder,
  outcomeOf,
  processTestMilliseconds,
  type RunningServer,
  start,
  startServer,
} from '../running_server.ts';
import { addClient, addResource, basic, formContentType, registeredSecret } from '../test_provider.ts';

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, string | number>>;
}

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code?: number };
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

const timeout = processTestMilliseconds;
const received: string[] = [];
const asked: string[] = [];
let receiver: Server;
let server: RunningServer;

/** As OTLP/HTTP has it: each POST of spans is taken. */
const startReceiver = async (): Promise<Server> => {
  const started = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${request.headers['x-of-this-test']}`);
      received.push(body);
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(started, 'listening');
  return started;
};

const postToken = (headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${server.url}/token`, {
    method: 'POST',
    headers: { 'Content-Type': formContentType, Authorization: basic('canary-client'), ...headers },
    body: 'grant_type=client_credentials&scope=read',
  });

const parent = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7' };
const [unsampled, malformed] = ['5bf92f3577b34da6a3ce929d0e0e4736', '6bf92f3577b34da6a3ce929d0e0e4736'];
const idOf = (response: Response): string => response.headers.get('X-Request-Id') ?? '';
const ids: Record<'plain' | 'child' | 'unsampled' | 'malformed' | 'unusual', string> = {
  plain: '',
  child: '',
  unsampled: '',
  malformed: '',
  unusual: '',
};

beforeAll(async () => {
  receiver = await startReceiver();
  const { port } = receiver.address() as AddressInfo;
  server = await startServer(makeFolder(), {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-of-this-test=yes',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  });
  const store = createBetterSqlite3Store(databasePathIn(server.folder), systemClock);
  const resource = 'https://canary.example.com';
  await addResource(store, { resource });
  await addClient(store, 'canary-client', { resources: [resource] });
  await store.close();
  const resourceful = { tracestate: 'vendor=value' };
  ids.plain = idOf(await postToken());
  ids.child = idOf(await postToken({ traceparent: `00-${parent.trace}-${parent.span}-01`, ...resourceful }));
  ids.unsampled = idOf(await postToken({ traceparent: `00-${unsampled}-${parent.span}-00` }));
  ids.malformed = idOf(await postToken({ traceparent: `00-${malformed}-zz-01`, tracestate: ',,=' }));
  await fetch(`${server.url}/authorize?client_id=canary-client&state=canary-in-the-query`);
  ids.unusual = idOf(await fetch(`${server.url}/canary-path`, { method: 'REPORT' }));
  await server.stop();
}, timeout);

afterAll(async () => {
  receiver.close();
});

const exportsReceived = (): readonly Export[] => received.map((body) => JSON.parse(body) as Export);
const spans = (): readonly Span[] =>
  exportsReceived().flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );
const attributesOf = ({ attributes }: { readonly attributes: readonly Attribute[] }): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
const spanOf = (requestId: string): Span | undefined =>
  spans().find((span) => attributesOf(span)['keyturn.request_id'] === requestId);

const [server_, client] = [2, 3];

describe('traces', { timeout }, () => {
  test('are sent by POST to /v1/traces, with the headers that were configured, and all of them before the end', () => {
    expect(new Set(asked)).toEqual(new Set(['POST /v1/traces yes']));
    expect(spanOf(ids.plain)).toBeDefined();
  });

  test('name the service, and what else was configured of it', () => {
    const [resource] = exportsReceived().flatMap(({ resourceSpans }) => resourceSpans.map((each) => each.resource));
    expect(resource && attributesOf(resource)).toMatchObject({
      'service.name': 'keyturn',
      'deployment.environment.name': 'test',
    });
  });

  test('have a span for each request, with its endpoint and status, and the calls of the database below it', () => {
    const request = spanOf(ids.plain);
    expect(request).toMatchObject({ name: 'POST token', kind: server_ });
    expect(request && attributesOf(request)).toEqual({
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'keyturn.endpoint': 'token',
      'keyturn.request_id': ids.plain,
    });
    const below = spans().filter(({ parentSpanId }) => parentSpanId === request?.spanId);
    expect(below.map(({ name, kind, traceId }) => [name, kind, traceId])).toEqual(
      expect.arrayContaining([
        ['findClient', client, request?.traceId],
        ['findResource', client, request?.traceId],
      ]),
    );
  });

  test('go on from a traceparent, W3C Trace Context §3.2', () => {
    expect(spanOf(ids.child)).toMatchObject({ traceId: parent.trace, parentSpanId: parent.span });
  });

  test('leave out what the peer does not sample, and begin anew where its header is malformed', () => {
    expect(spans().filter(({ traceId }) => traceId === unsampled)).toEqual([]);
    const begun = spanOf(ids.malformed);
    expect(begun).toBeDefined();
    expect(begun?.traceId).not.toBe(malformed);
    expect(begun?.parentSpanId ?? '').toBe('');
  });

  test('make nothing of a path or a method that there is not', () => {
    expect(spanOf(ids.unusual)).toMatchObject({ name: '_OTHER unknown' });
  });

  test('hold no client, secret, query, path or address', () => {
    const all = received.join('\n');
    for (const canary of ['canary', registeredSecret, 'client_credentials', 'read', '127.0.0.1', '/token'])
      expect(all).not.toContain(canary);
  });
});

describe('without a receiver', { timeout }, () => {
  test('everything goes on, and the end is as clean and as soon', async () => {
    const alone = await startServer(makeFolder(), {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
    });
    for (let request = 0; request < 20; request += 1)
      expect((await fetch(`${alone.url}/health/ready`)).status).toBe(200);
    expect(await alone.stop()).toEqual({ code: 0, signal: null });
    expect(alone.stderr()).toBe('');
  });

  test.each([
    [
      'a sampler that is none is refused at start, with those that there are',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_TRACES_SAMPLER: 'sometimes' },
      'OTEL_TRACES_SAMPLER is "sometimes"; expected one of always_on,',
    ],
    [
      'so is an endpoint without its scheme, for which every span would be dropped',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
      'OTEL_EXPORTER_OTLP_ENDPOINT is no http or https URL.',
    ],
  ])('%s', async (_, environment, says) => {
    const folder = makeFolder();
    const settings = environmentFor(folder, { ...environment, KEYTURN_PORT: `${await freePort()}` });
    const { code, stderr } = await outcomeOf(start(process.execPath, [launcher, 'serve'], folder, settings));
    expect(code).toBe(1);
    expect(stderr).toContain(says);
  });
});
