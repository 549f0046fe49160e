// T133: the port of the metrics has nothing else on it, and asks for the token where there is one.
import { describe, expect, onTestFinished, test } from 'vitest';
import { serveMetrics } from '../../src/adapters/metrics_server.ts';
import { OperatorError } from '../../src/errors.ts';
import type { MetricsPage } from '../../src/seams/metrics.ts';
import { freePort } from '../free_port.ts';

const page: MetricsPage = { contentType: 'text/plain; version=0.0.4; charset=utf-8', body: 'keyturn_signing 1\n' };

const serve = async (token?: string, read: () => Promise<MetricsPage | undefined> = async () => page) => {
  const port = await freePort();
  const stop = await serveMetrics({ host: '127.0.0.1', port, token, page: read });
  onTestFinished(stop);
  return {
    port,
    ask: (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, init),
  };
};

describe('the port of the metrics', () => {
  test('answers /metrics, by GET and HEAD, never to be cached', async () => {
    const { ask } = await serve();
    const response = await ask('/metrics');
    expect([response.status, await response.text()]).toEqual([200, page.body]);
    expect(response.headers.get('Content-Type')).toBe(page.contentType);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    const head = await ask('/metrics', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test('has nothing else: other paths 404, other methods 405', async () => {
    const { ask } = await serve();
    for (const path of ['/', '/token', '/metrics/x', '//metrics', '/health/ready'])
      expect((await ask(path)).status, path).toBe(404);
    const posted = await ask('/metrics', { method: 'POST', body: 'x' });
    expect([posted.status, posted.headers.get('Allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('asks for the token where there is one', async () => {
    const { ask } = await serve('the-token-of-this-test');
    for (const authorization of ['', 'Bearer', 'Bearer the-token-of-this-tes', 'Basic the-token-of-this-test']) {
      const response = await ask('/metrics', { headers: authorization === '' ? {} : { authorization } });
      expect([response.status, await response.text()], authorization).toEqual([401, '']);
      expect(response.headers.get('WWW-Authenticate')).toBe('Bearer realm="metrics"');
    }
    const response = await ask('/metrics', { headers: { Authorization: 'bearer the-token-of-this-test' } });
    expect(response.status).toBe(200);
  });

  test('answers 500 without a word of why, and goes on, when they cannot be read', async () => {
    let fails = true;
    const { ask } = await serve(undefined, async () => {
      if (fails) throw new Error('canary');
      return page;
    });
    const response = await ask('/metrics');
    expect([response.status, await response.text()]).toEqual([500, '']);
    fails = false;
    expect((await ask('/metrics')).status).toBe(200);
  });

  test('a port that is taken is refused with what to do', async () => {
    const { port } = await serve();
    const again = serveMetrics({ host: '127.0.0.1', port, token: undefined, page: async () => page });
    await expect(again).rejects.toThrow(OperatorError);
    await expect(again).rejects.toThrow(/EADDRINUSE.*KEYTURN_METRICS_PORT/);
  });
});
