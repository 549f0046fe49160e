import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createRemoteStore } from '../../src/adapters/remote_store.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';

/** An issuer whose /admin/store answers as it is told to, and how often it was asked. */
const answering = async (answer: (response: ServerResponse) => void) => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    answer(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { store: createRemoteStore({ issuer, token: 'a'.repeat(43) }), asked: () => asked };
};

describe('an answer that breaks off', () => {
  const breakOff = (response: ServerResponse): void => {
    response.writeHead(200, { 'Content-Length': '100' });
    response.write('{"answer":', () => response.destroy());
  };

  test('is asked for again where it reads, and then told as an issuer that cannot be used', async () => {
    const { store, asked } = await answering(breakOff);
    await expect(store.listClients()).rejects.toThrow(StoreUnavailableError);
    expect(asked()).toBe(3);
  });

  test('is not asked for again where it changes something: that may have been done', async () => {
    const { store, asked } = await answering(breakOff);
    await expect(store.unlockUser('ada')).rejects.toThrow(StoreUnavailableError);
    expect(asked()).toBe(1);
  });
});
