import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { serveProvider } from '../raw_http.ts';
import { createTestProvider, formContentType } from '../test_provider.ts';

const open = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  await once(socket, 'connect');
  return socket;
};

/** What one answer says before its body. */
const headAfter = async (socket: Socket, text: string): Promise<string> => {
  const answered = once(socket, 'data');
  socket.write(text);
  const [answer] = (await answered) as [string];
  return answer.split('\r\n\r\n', 1)[0] ?? '';
};

const whole = 'GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n';
const begun = `POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: ${formContentType}\r\nContent-Length: 10\r\n\r\n01234`;

test('RFC 9112 §9.6: while it drains each answer is told to be the last on its connection, begun before or on one that was kept', async () => {
  const server = await serveProvider(await createTestProvider());
  const [busy, idle, never] = [await open(server.port), await open(server.port), await open(server.port)];
  busy.write(begun);
  expect(await headAfter(idle, whole)).toMatch(/^HTTP\/1\.1 200 .*\r\nConnection: keep-alive/s);

  const closed = Promise.all([busy, idle, never].map((socket) => once(socket, 'close')));
  const drained = server.drain(10);
  expect(await headAfter(idle, whole)).toMatch(/^HTTP\/1\.1 200 .*\r\nConnection: close/s);
  expect(await headAfter(busy, '56789')).toMatch(/^HTTP\/1\.1 4.*\r\nConnection: close/s);
  await Promise.all([closed, drained]);
});
