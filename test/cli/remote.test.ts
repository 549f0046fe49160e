// What a command takes over from the issuer that it administers from afar.
import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { takeOverSettings } from '../../src/cli/remote.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { administrationProtocol } from '../../src/seams/administered_store.ts';
import { freePort } from '../free_port.ts';

const server = createServer();

afterEach(() => server.close());

test('only settings that both sides share: another issuer tells no secret, no path and no address of this machine', async () => {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const told = {
    KEYTURN_ISSUER: issuer,
    KEYTURN_ACCESS_TOKEN_SECONDS: '120',
    KEYTURN_KEK_RING: '{"keys":[]}',
    KEYTURN_KEK_RING_FILE: '/etc/passwd',
    KEYTURN_ADMIN_TOKEN: 'theirs',
    KEYTURN_REMOTE: 'https://elsewhere.example',
    NODE_OPTIONS: '--require=theirs',
  };
  server.on('request', (_, response) =>
    response.end(JSON.stringify({ protocol: administrationProtocol, settings: told })),
  );
  await new Promise<void>((listening) => server.listen(port, 'localhost', listening));
  const own = { KEYTURN_REMOTE: issuer, KEYTURN_ADMIN_TOKEN: 'A'.repeat(43), KEYTURN_KEK_RING_FILE: 'keys/own.json' };
  const terminal = { environment: { ...own, KEYTURN_ACCESS_TOKEN_SECONDS: '300' } } as unknown as Terminal;
  await takeOverSettings(terminal);
  expect(terminal.environment).toEqual({ ...own, KEYTURN_ISSUER: issuer, KEYTURN_ACCESS_TOKEN_SECONDS: '120' });
});
