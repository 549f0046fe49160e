import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FaultProxy, startFaultProxy } from './fault_proxy.ts';

describe('the fault proxy', () => {
  let server: Server;
  let served: Socket[];
  let proxy: FaultProxy;
  beforeEach(async () => {
    served = [];
    server = createServer((socket) => {
      served.push(socket);
      socket.on('error', () => undefined).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await startFaultProxy((server.address() as AddressInfo).port);
  });
  afterEach(async () => {
    await proxy.close();
    for (const socket of served) socket.destroy();
    server.close();
  });

  const connect = async (): Promise<Socket> => {
    const socket = createConnection(proxy.port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  /** `once` of node:events would fail with the error that comes before. */
  const closeOf = (socket: Socket): Promise<unknown> => new Promise((closed) => socket.once('close', closed));
  const echo = async (socket: Socket, text: string): Promise<string> => {
    const answer = once(socket, 'data');
    socket.write(text);
    return String((await answer)[0]);
  };
  const silentFor = async (socket: Socket, text: string): Promise<boolean> => {
    const spoke = echo(socket, text).then(
      () => true,
      () => true,
    );
    return !(await Promise.race([spoke, wait(300, false)]));
  };

  test('passes everything on when nothing is wrong, the end of a connection included', async () => {
    const socket = await connect();
    expect(await echo(socket, 'hello')).toBe('hello');
    const ended = once(socket, 'end');
    socket.end();
    await ended;
    await expect.poll(() => proxy.links()).toBe(0);
  });

  test('is slow when it is to be, and quick again when healed', async () => {
    const socket = await connect();
    proxy.slow(150);
    const asked = performance.now();
    expect(await echo(socket, 'hello')).toBe('hello');
    expect(performance.now() - asked).toBeGreaterThanOrEqual(295);
    proxy.heal();
    expect(await echo(socket, 'again')).toBe('again');
  });

  test('is silent when it is to be, for new connections too; healed, it delivers what was held back', async () => {
    const old = await connect();
    await echo(old, 'hello');
    proxy.silence();
    const young = await connect();
    expect(await silentFor(old, 'late')).toBe(true);
    expect(await silentFor(young, 'later')).toBe(true);
    const answers = Promise.all([once(old, 'data'), once(young, 'data')]);
    proxy.heal();
    expect(String(await answers)).toBe('late,later');
  });

  test('a stranded connection stays silent for ever, while new ones go through', async () => {
    const stranded = await connect();
    await echo(stranded, 'hello');
    proxy.strand();
    expect(await silentFor(stranded, 'lost')).toBe(true);
    expect(await echo(await connect(), 'hello')).toBe('hello');
    proxy.heal();
    expect(await silentFor(stranded, 'lost')).toBe(true);
    expect(stranded.destroyed).toBe(false);
  });

  test.each([
    ['cut', undefined],
    ['reset', 'ECONNRESET'],
  ] as const)('%s ends connections, and new ones at once, until healed', async (how, code) => {
    const socket = await connect();
    await echo(socket, 'hello');
    const failed = new Promise((resolve) => socket.once('error', resolve));
    const closed = closeOf(socket);
    proxy[how]();
    await closed;
    if (code !== undefined) expect(await failed).toMatchObject({ code });
    const refused = createConnection(proxy.port, '127.0.0.1').on('error', () => undefined);
    await closeOf(refused);
    proxy.heal();
    expect(await echo(await connect(), 'hello')).toBe('hello');
  });

  test('refuses connections when it is to, and takes them again on the same port', async () => {
    await proxy.refuse();
    const refused = createConnection(proxy.port, '127.0.0.1');
    const error = await new Promise((resolve) => refused.once('error', resolve));
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    proxy.heal();
    await expect
      .poll(() =>
        connect().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });
});
