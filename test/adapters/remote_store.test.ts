import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createRemoteStore, readRemoteSettings } from '../../src/adapters/remote_store.ts';
import { OperatorError } from '../../src/errors.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { makeClient } from '../contracts/records.ts';

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
  return { issuer, store: createRemoteStore({ issuer, token: 'a'.repeat(43) }), asked: () => asked };
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

describe('an answer that is not of Keyturn', () => {
  const saying =
    (status: number, contentType: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
    (response: ServerResponse): void => {
      response.writeHead(status, { 'Content-Type': contentType, ...headers }).end(body);
    };
  const page = '<!doctype html><title>Sign in</title>';

  test.each([
    ['a page', saying(200, 'text/html', page), 'answered 200 with text/html;'],
    ['a refusal of a proxy', saying(403, 'text/html', page), 'answered 403 with text/html;'],
    ['a password asked for by a proxy', saying(401, 'text/html', page), 'answered 401 with text/html;'],
    [
      'a sign-in elsewhere',
      saying(302, 'text/html', '', { Location: 'https://login.example.com/?to=secret' }),
      'answered 302, to be asked at https://login.example.com;',
    ],
    ['JSON of something else', saying(200, 'application/json', '{"status":"ok"}'), '(no answer in it);'],
    ['JSON that is no object', saying(200, 'application/json', '[]'), '(no answer in it);'],
    ['no list', saying(200, 'application/json', '{}'), 'other JSON (answer: expected array);'],
    [
      'a record of another version',
      saying(200, 'application/json', JSON.stringify({ answer: [{ ...makeClient('app'), redirectUris: 'secret' }] })),
      'other JSON (answer[0].redirectUris: expected array);',
    ],
  ])('%s is told as what it is, and nothing of its text', async (_, answer, said) => {
    const { store } = await answering(answer);
    const error: Error = await store.listClients().then(
      () => expect.unreachable(),
      (refused) => refused,
    );
    expect(error).toBeInstanceOf(OperatorError);
    expect(error.message).toContain(said);
    expect(error.message).toMatch(
      /expected an answer to listClients .* use the same version of Keyturn on both sides\.$/,
    );
    expect(error.message).not.toMatch(/secret|Sign in/);
  });

  test('that is longer than is read is told as that, and not asked for again', async () => {
    const { store, asked } = await answering(saying(200, 'application/json', ' '.repeat(64 * 1024 * 1024 + 1)));
    await expect(store.listClients()).rejects.toThrow(
      'answered more than 67108864 bytes; expected an answer to listClients',
    );
    expect(asked()).toBe(1);
  });

  test('may hide that something was changed', async () => {
    const { store, asked } = await answering(saying(200, 'application/json', '{"answer":"yes"}'));
    await expect(store.unlockUser('ada')).rejects.toThrow('answer: expected boolean');
    await expect(store.unlockUser('ada')).rejects.toThrow(
      /may have been changed all the same: look at what is there\.$/,
    );
    expect(asked()).toBe(2);
  });

  test('a proxy that does not reach the issuer is asked again', async () => {
    const { store, asked } = await answering(saying(502, 'text/html', page));
    await expect(store.listClients()).rejects.toThrow('answered 502 with text/html');
    expect(asked()).toBe(3);
  });

  test('members that are not known yet come along', async () => {
    const newer = { ...makeClient('app'), logoUri: 'https://app.example.com/logo' };
    const { store } = await answering(saying(200, 'application/json', JSON.stringify({ answer: newer })));
    expect(await store.findClient('app')).toEqual(newer);
  });

  test.each([['{"status":"ok"}'], ['"ok"'], ['{"protocol":3}']])('%s holds no settings', async (body) => {
    const { issuer } = await answering(saying(200, 'application/json', body));
    const asked = readRemoteSettings({ issuer, token: 'a'.repeat(43) });
    await expect(asked).rejects.toThrow('(no protocol and settings in it); expected the settings of this version');
  });
});
