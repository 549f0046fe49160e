import { type LookupAddress, lookup } from 'node:dns';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createNodeOutboundHttp } from '../../src/adapters/node_outbound_http.ts';
import { isAllowedAddress } from '../../src/adapters/public_address.ts';
import { OutboundRefusedError } from '../../src/seams/outbound_http.ts';

vi.mock('node:dns', { spy: true });

const servers: Server[] = [];
const abroad = createNodeOutboundHttp(false);
const atHome = createNodeOutboundHttp(true);
const form = { logout_token: 'a.b.c' };

beforeEach(() => {
  vi.mocked(lookup).mockReset();
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
});

interface Listening {
  readonly port: number;
  readonly asked: string[];
}

const listen = async (host: string, port: number, listener: RequestListener): Promise<Listening> => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`);
      listener(request, response);
    });
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(port, host, listening));
  return { port: (server.address() as AddressInfo).port, asked };
};

const answering =
  (status: number, headers: Readonly<Record<string, string>> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end();

type LookedUp = (error: Error | null, addresses: LookupAddress[]) => void;

/** Each look-up of whatever name answers the next of these. */
const resolveTo = (...answers: readonly (readonly string[])[]): void => {
  // Listening on an address looks it up as well.
  vi.mocked(lookup).mockClear();
  for (const addresses of answers)
    vi.mocked(lookup).mockImplementationOnce(((_: string, __: object, done: LookedUp) =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )) as unknown as typeof lookup);
};

const notPublic = [
  ...['127.0.0.1', '127.8.8.8', '0.0.0.0', '0.1.2.3', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  ...['100.64.0.1', '100.127.255.254', '169.254.169.254', '192.0.0.1', '192.0.2.1', '198.18.0.1', '198.51.100.1'],
  ...['203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::ffff:7f00:1', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::127.0.0.1', '::169.254.169.254'],
  ...['fc00::1', 'fd12:3456::1', 'fe80::1', 'fec0::1', 'ff02::1', '64:ff9b::7f00:1', '64:ff9b:1::a9fe:a9fe'],
  ...['2002:7f00:1::', '2001:0:1::1', '2001:db8::1', '100::1', '::ffff:0:7f00:1', '3fff::1', '5f00::1', '4000::1'],
];

describe('which addresses may be asked', () => {
  test.each(notPublic)('T115: %s may not', (address) => {
    expect(isAllowedAddress(address, false)).toBe(false);
  });

  test.each(['93.184.215.14', '8.8.8.8', '100.63.255.255', '172.32.0.1', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'])(
    '%s may',
    (address) => {
      expect(isAllowedAddress(address, false)).toBe(true);
    },
  );

  test.each(['', 'localhost', 'example.com', '1.2.3.4.5', 'fe80::1%eth0'])('T115: %j is no public address', (text) => {
    expect(isAllowedAddress(text, true)).toBe(false);
  });

  test('T115: a loopback issuer may ask its neighbours, and no other private address', () => {
    const allowed = notPublic.filter((address) => isAllowedAddress(address, true));
    expect(allowed).toEqual(['127.0.0.1', '127.8.8.8', '::1', '::ffff:7f00:1', '::ffff:127.0.0.1', '::127.0.0.1']);
  });
});

describe('which URLs may be asked', () => {
  test.each([
    ...['127.0.0.1', '2130706433', '0x7f000001', '0x7f.1', '017700000001', '0177.0.0.1', '127.1', '127.0.0.1.', '0'],
    ...['[::1]', '[::ffff:7f00:1]', '[::ffff:127.0.0.1]', '[::7f00:1]', '[0:0:0:0:0:ffff:7f00:0001]', '①②⑦.⓪.⓪.①'],
    ...['169.254.169.254', '2852039166', '0xa9fea9fe', '10.1.2.3', '100.64.0.1', '[fc00::1]', '[fe80::1]'],
    ...['[64:ff9b::7f00:1]', '[2002:7f00:1::]', 'user:secret@127.0.0.1'],
  ])('T115: https://%s is refused, unasked', async (host) => {
    await expect(abroad.postForm(`https://${host}:8443/logout`, form)).rejects.toThrow(OutboundRefusedError);
    expect(lookup).not.toHaveBeenCalled();
  });

  test.each([
    ...['http://example.com/', 'file:///etc/passwd', 'gopher://127.0.0.1:70/', 'ftp://example.com/', 'data:,x'],
    ...['http://127.0.0.1/', 'http://localhost/', 'ws://example.com/', 'blob:https://example.com/1'],
  ])('T115: %s is refused: it is not HTTPS', async (url) => {
    await expect(abroad.postForm(url, form)).rejects.toThrow(OutboundRefusedError);
    expect(lookup).not.toHaveBeenCalled();
  });

  test.each(['http://example.com/', 'http://localhost.evil.example/', 'http://10.0.0.1/', 'file:///etc/passwd'])(
    'T115: %s is refused on a loopback issuer too',
    async (url) => {
      await expect(atHome.postForm(url, form)).rejects.toThrow(OutboundRefusedError);
    },
  );

  test('what is no URL at all is refused without being asked', async () => {
    await expect(abroad.postForm('no url', form)).rejects.toThrow();
    expect(lookup).not.toHaveBeenCalled();
  });
});

describe('what names resolve to', () => {
  test.each(['localhost', 'localhost.', 'sub.localhost', 'innocent.example'])(
    'T115: https://%s is refused when it resolves to loopback',
    async (host) => {
      const { port, asked } = await listen('127.0.0.1', 0, answering(200));
      resolveTo(['127.0.0.1']);
      await expect(abroad.postForm(`https://${host}:${port}/`, form)).rejects.toThrow(OutboundRefusedError);
      expect(asked).toEqual([]);
    },
  );

  test.each([
    { addresses: ['169.254.169.254'] },
    { addresses: ['::ffff:7f00:1'] },
    { addresses: ['93.184.215.14', '10.0.0.1'] },
    { addresses: ['10.0.0.1', '93.184.215.14'] },
    { addresses: ['2606:2800:21f:cb07:6820:80da:af6b:8b2c', 'fd00::1'] },
    { addresses: [] },
  ])('T115: a name is refused when any of its addresses is not public: $addresses', async ({ addresses }) => {
    resolveTo(addresses);
    await expect(abroad.postForm('https://innocent.example/', form)).rejects.toThrow(OutboundRefusedError);
    expect(lookup).toHaveBeenCalledOnce();
  });

  test('T115: the address that was checked is the one connected to, though the name changes meanwhile', async () => {
    const checked = await listen('127.0.0.2', 0, answering(204));
    const rebound = await listen('127.0.0.3', checked.port, answering(200));
    resolveTo(['127.0.0.2'], ['127.0.0.3'], ['127.0.0.3']);
    expect(await atHome.postForm(`http://localhost:${checked.port}/logout`, form)).toBe(204);
    expect(lookup).toHaveBeenCalledOnce();
    expect(checked.asked).toEqual(['POST /logout application/x-www-form-urlencoded logout_token=a.b.c']);
    expect(rebound.asked).toEqual([]);
  });

  test('T115: each request is checked anew: a name that was good a moment ago is refused once it is not', async () => {
    const { port, asked } = await listen('127.0.0.2', 0, answering(200));
    resolveTo(['127.0.0.2'], ['10.0.0.1']);
    expect(await atHome.postForm(`http://localhost:${port}/`, form)).toBe(200);
    await expect(atHome.postForm(`http://localhost:${port}/`, form)).rejects.toThrow(OutboundRefusedError);
    expect(asked).toHaveLength(1);
  });
});

describe('how it is asked', () => {
  test.each([200, 204, 400, 500, 301, 302, 307, 308])(
    'T115: %d is the answer; no redirect is followed',
    async (status) => {
      const elsewhere = await listen('127.0.0.1', 0, answering(200));
      const location = `http://127.0.0.1:${elsewhere.port}/`;
      const { port } = await listen('127.0.0.1', 0, answering(status, { Location: location }));
      expect(await atHome.postForm(`http://127.0.0.1:${port}/`, form)).toBe(status);
      expect(elsewhere.asked).toEqual([]);
    },
  );

  test('an answer without an end is not read', async () => {
    const closed = Promise.withResolvers<void>();
    const { port } = await listen('127.0.0.1', 0, (_, response) => {
      response.writeHead(200);
      const writing = setInterval(() => response.write('x'.repeat(1000)), 1);
      response.once('close', () => {
        clearInterval(writing);
        closed.resolve();
      });
    });
    expect(await atHome.postForm(`http://127.0.0.1:${port}/`, form)).toBe(200);
    await closed.promise;
  });

  test('no answer at all is given up after five seconds', async () => {
    const controller = new AbortController();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(controller.signal);
    const { port } = await listen('127.0.0.1', 0, () => controller.abort(new Error('time is up')));
    await expect(atHome.postForm(`http://127.0.0.1:${port}/`, form)).rejects.toThrow();
    expect(timeout).toHaveBeenCalledExactlyOnceWith(5000);
  });

  test('a connection that is cut, and one that is refused, are errors and no answers', async () => {
    const { port } = await listen('127.0.0.1', 0, (request) => request.socket.destroy());
    await expect(atHome.postForm(`http://127.0.0.1:${port}/`, form)).rejects.toThrow();
    await expect(atHome.postForm('http://127.0.0.1:1/', form)).rejects.toThrow();
  });

  test('T135: an answer that would switch protocols is none, and leaves nobody waiting', async () => {
    const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const { port } = await listen('127.0.0.1', 0, (request) => request.socket.write(switching));
    await expect(atHome.postForm(`http://127.0.0.1:${port}/`, form)).rejects.toThrow('without an answer');
  });

  test.each(['100 Continue', '102 Processing', '103 Early Hints'])(
    'T135: %s is waited behind, but not without end',
    async (line) => {
      const several = (times: number) =>
        listen('127.0.0.1', 0, ({ socket }, response) => {
          socket.write(`HTTP/1.1 ${line}\r\n\r\n`.repeat(times));
          response.writeHead(204).end();
        });
      const [few, many] = [await several(8), await several(9)];
      expect(await atHome.postForm(`http://127.0.0.1:${few.port}/`, form)).toBe(204);
      await expect(atHome.postForm(`http://127.0.0.1:${many.port}/`, form)).rejects.toThrow('again and again');
    },
  );

  test('nothing of ours goes along: no cookie, no authorization, no user agent', async () => {
    const seen: string[] = [];
    const { port } = await listen('127.0.0.1', 0, (request, response) => {
      seen.push(...Object.keys(request.headers));
      response.end();
    });
    await atHome.postForm(`http://127.0.0.1:${port}/`, form);
    expect(seen.toSorted()).toEqual(['connection', 'content-length', 'content-type', 'host']);
  });
});
