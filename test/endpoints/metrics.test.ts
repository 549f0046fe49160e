// T133, T127: metrics are not public, nobody is in them, and what a request sends makes none.
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPromClientMetrics, type NodeMetrics } from '../../src/adapters/prom_client_metrics.ts';
import { type Served, serveProvider } from '../raw_http.ts';
import { until } from '../running_server.ts';
import {
  addClient,
  addResource,
  basic,
  createTestProvider,
  registeredSecret,
  type TestProvider,
} from '../test_provider.ts';

const token = 'a-bearer-token-of-this-test';
let metrics: NodeMetrics;
let provider: TestProvider;
let served: Served;

beforeAll(async () => {
  metrics = createPromClientMetrics('0.0.0-canary', process.version);
  provider = await createTestProvider({ environment: { KEYTURN_METRICS_TOKEN: token }, metrics });
  await addResource(provider.store);
  await addClient(provider.store, 'canary-client');
  served = await serveProvider(provider);
});

afterAll(() => served.drain(0));

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${served.port}${path}`, init);

const read = async (): Promise<string> => {
  const response = await ask('/metrics', { headers: { Authorization: `Bearer ${token}` } });
  expect(response.status).toBe(200);
  expect(response.headers.get('Content-Type')).toContain('text/plain; version=0.0.4');
  expect(response.headers.get('Cache-Control')).toBe('no-store');
  return response.text();
};

const sampleOf = (text: string, sample: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${sample} `))
      ?.slice(sample.length + 1) ?? 0,
  );

const postToken = (headers: Readonly<Record<string, string>>, body: string): Promise<Response> =>
  ask('/token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body,
  });

describe('/metrics on the main port', () => {
  test('is for whoever has the token: without it, or with another, 401 and nothing else', async () => {
    for (const authorization of [undefined, 'Bearer', 'Bearer wrong', `Basic ${token}`, `Bearer ${token}x`]) {
      const response = await ask('/metrics', authorization === undefined ? {} : { headers: { authorization } });
      expect(response.status, authorization).toBe(401);
      expect(response.headers.get('WWW-Authenticate')).toBe('Bearer realm="metrics"');
      expect(await response.text()).not.toContain('keyturn_');
    }
  });

  test('is not there where no token is configured, whatever is shown', async () => {
    const other = await createTestProvider();
    const response = await other.app.request('/metrics', { headers: { Authorization: 'Bearer undefined' } });
    expect(response.status).toBe(404);
  });

  test('is not there where nothing is counted', async () => {
    const other = await createTestProvider({ environment: { KEYTURN_METRICS_TOKEN: token } });
    const response = await other.app.request('/metrics', { headers: { Authorization: `Bearer ${token}` } });
    expect(response.status).toBe(404);
  });
});

describe('what is counted', () => {
  test('a token by its type, algorithm and grant, its request under the endpoint it went to', async () => {
    const issued = 'keyturn_tokens_issued_total{type="access_token",alg="ES256",grant_type="client_credentials"}';
    const asked = 'keyturn_request_duration_seconds_count{endpoint="token",status="2xx"}';
    const before = await read();
    expect((await postToken({ Authorization: basic('canary-client') }, 'grant_type=client_credentials')).status).toBe(
      200,
    );
    const after = await read();
    expect(sampleOf(after, issued) - sampleOf(before, issued)).toBe(1);
    expect(sampleOf(after, asked) - sampleOf(before, asked)).toBe(1);
  });

  test('a refused request by its reason, and no token', async () => {
    const refused = 'keyturn_requests_refused_total{reason="client_secret_mismatch"}';
    const before = await read();
    await postToken({ Authorization: basic('canary-client', 'another secret') }, 'grant_type=client_credentials');
    const after = await read();
    expect(sampleOf(after, refused) - sampleOf(before, refused)).toBe(1);
    expect(after.match(/^keyturn_tokens_issued_total.*$/gm)).toEqual(before.match(/^keyturn_tokens_issued_total.*$/gm));
  });

  test('the key set, which is answered before the application is asked, under its own name', async () => {
    const asked = 'keyturn_request_duration_seconds_count{endpoint="jwks",status="2xx"}';
    const before = await read();
    await (await ask('/.well-known/jwks.json')).arrayBuffer();
    expect(sampleOf(await read(), asked) - sampleOf(before, asked)).toBe(1);
  });

  test('a request that is cut off as aborted', async () => {
    const aborted = 'keyturn_request_duration_seconds_count{endpoint="token",status="aborted"}';
    const before = sampleOf(await read(), aborted);
    const socket = connect(served.port, '127.0.0.1');
    const begun =
      'POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\na';
    await new Promise((written) => socket.write(begun, written));
    socket.end();
    await until('it is counted', async () => (sampleOf(await read(), aborted) === before + 1 ? true : undefined));
  });
});

describe('nothing that is sent', () => {
  test('makes a series: a hundred paths, clients, grants, scopes, methods and addresses', async () => {
    const send = async (made: string): Promise<void> => {
      await ask(`/${made}?code=${made}`);
      await ask(`/account/${made}`);
      await ask(`/status-lists/${made}`);
      await ask('/token', { method: 'PURGE' });
      await postToken({ Authorization: basic(made, made), 'User-Agent': made }, `grant_type=${made}`);
      await postToken({ Authorization: basic('canary-client') }, `grant_type=${made}&scope=${made}&resource=${made}`);
    };
    const seriesOf = (text: string): number => text.split('\n').filter((line) => /^keyturn_/.test(line)).length;
    await send('first');
    const before = seriesOf(await read());
    for (let made = 0; made < 100; made += 1) await send(`made-up-${made}`);
    const after = await read();
    expect(seriesOf(after)).toBe(before);
    expect(after).not.toContain('made-up');
  });

  test('is in it: no client, no secret, no token, no address, and no path as it was sent', async () => {
    const text = await read();
    for (const canary of ['canary-client', registeredSecret, token, '127.0.0.1', 'id.example.com', '/token'])
      expect(text).not.toContain(canary);
  });
});
