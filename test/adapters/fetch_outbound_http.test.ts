import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFetchOutboundHttp } from '../../src/adapters/fetch_outbound_http.ts';
import { OutboundRefusedError } from '../../src/seams/outbound_http.ts';

const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url} ${request.headers['content-type']}`);
  response.writeHead(request.url === '/moved' ? 302 : 204, request.url === '/moved' ? { Location: '/elsewhere' } : {});
  response.end();
});
let origin: string;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

describe('T115 T135: outbound requests by fetch', () => {
  test.each([
    'https://localhost/x',
    'https://a.localhost/x',
    'https://127.0.0.1/x',
    'https://0x7f.1/x',
    'https://2130706433/x',
    'https://[::1]/x',
    'https://[::ffff:7f00:1]/x',
    'https://[fd00::1]/x',
    'https://[64:ff9b::a00:1]/x',
    'https://0.0.0.0/x',
    'https://10.1.2.3/x',
    'https://169.254.169.254/latest',
    'https://100.64.0.1/x',
    'https://192.168.1.1/x',
    'https://router/x',
    'https://router.lan/x',
    'https://db.internal/x',
    'https://printer.local/x',
    'https://example.com./x',
    'http://example.com/x',
    'ftp://example.com/x',
    'file:///etc/passwd',
  ])('%s is refused by its name', async (target) => {
    await expect(createFetchOutboundHttp(false).postForm(target, {})).rejects.toBeInstanceOf(OutboundRefusedError);
  });

  test('on a loopback issuer its neighbours may be asked; a redirect is told, not followed', async () => {
    const { postForm } = createFetchOutboundHttp(true);
    expect(await postForm(`${origin}/told`, { logout_token: 'a.b.c' })).toBe(204);
    expect(await postForm(`${origin}/moved`, {})).toBe(302);
    expect(asked).toEqual([
      'POST /told application/x-www-form-urlencoded',
      'POST /moved application/x-www-form-urlencoded',
    ]);
    await expect(postForm('http://10.0.0.1/x', {})).rejects.toBeInstanceOf(OutboundRefusedError);
  });

  test('an issuer that is not on loopback does not ask its neighbours', async () => {
    await expect(createFetchOutboundHttp(false).postForm(`${origin}/told`, {})).rejects.toThrow(OutboundRefusedError);
  });
});
