// The first start of a newcomer, by itself and where something is in its way: what is made, and what is said.
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../free_port.ts';
import {
  makeFolder,
  type Outcome,
  processTestMilliseconds,
  removeFolder,
  runCli,
  startServer,
} from '../running_server.ts';

let folder: string;

beforeEach(() => {
  folder = makeFolder();
});

afterEach(() => removeFolder(folder));

const issuerAt = (port: number): string => `http://localhost:${port}`;

describe('a port that is in use', { timeout: processTestMilliseconds }, () => {
  let port: number;
  let other: Server;

  beforeEach(async () => {
    port = await freePort();
    other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
  });

  afterEach(() => {
    other.close();
  });

  const serve = (environment = {}): Promise<Outcome> =>
    runCli(['serve'], folder, { KEYTURN_ISSUER: issuerAt(port), ...environment });

  test('another port, as the message says, is another issuer, and nothing was made that belongs to the first', async () => {
    for (const environment of [{}, { KEYTURN_PROCESSES: '2' }]) {
      const { code, stdout, stderr } = await serve(environment);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^keyturn: Port \d+ on 127\.0\.0\.1 is in use .* KEYTURN_ISSUER\) to a free port\.\n$/);
      expect(readdirSync(folder)).toEqual([]);
    }
    const server = await startServer(folder);
    expect(server.stdout()).toContain(`Keyturn serves ${server.issuer}\n`);
    expect(await server.stop()).toMatchObject({ code: 0 });
  });
});

describe('a port that is not the issuer’s', { timeout: processTestMilliseconds }, () => {
  const warningsOf = async (environment: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const server = await startServer(folder, environment);
    await server.stop();
    const records = (server.stdout().match(/^\{.*$/gm) ?? []).map((line) => JSON.parse(line));
    return records.flatMap(({ level, msg }) => (level >= 40 ? [msg] : []));
  };

  test('is warned of, because what is printed to paste would ask whoever is there', async () => {
    expect(await warningsOf({ KEYTURN_ISSUER: issuerAt(3000) })).toEqual([
      expect.stringMatching(
        /^The server listens on 127\.0\.0\.1 port \d+, but the issuer http:\S+ sends .* port 3000\./,
      ),
    ]);
  });

  test('one that is, is not', async () => {
    expect(await warningsOf({})).toEqual([]);
  });
});
