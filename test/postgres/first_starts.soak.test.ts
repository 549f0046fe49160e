// I10 and I12 on Postgres: nodes that start at once on an empty database make one of everything. What one makes every day
// is in command_line.test.ts.
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeFolder, processTestMilliseconds, runCli, startServer, until } from '../running_server.ts';
import { freshDatabase, hasPostgres } from './databases.ts';

const issuer = 'http://127.0.0.1:4612';
/** E is one second, P three; keys are read every second. */
const timings = { KEYTURN_SNAPSHOT_SECONDS: '3', KEYTURN_CLOCK_ERROR_SECONDS: '1' };

const jwksAt = async (url: string): Promise<string> => {
  const response = await fetch(`${url}/.well-known/jwks.json`);
  expect(response.status).toBe(200);
  return `${response.headers.get('ETag')} ${await response.text()}`;
};

describe.runIf(hasPostgres)('nodes on one Postgres', { timeout: processTestMilliseconds }, () => {
  test('I10, I12: three first starts at once on an empty database, one of two processes, make one of everything, and serve one key set', async () => {
    const [folder, database] = [makeFolder(), await freshDatabase('template0')];
    onTestFinished(async () => {
      await database.remove();
    });
    const environment = { ...timings, KEYTURN_ISSUER: issuer, KEYTURN_DATABASE_URL: database.url };
    const servers = await Promise.all(
      ['1', '1', '2'].map((KEYTURN_PROCESSES) => startServer(folder, { ...environment, KEYTURN_PROCESSES })),
    );
    await until('every node serves the same key set', async () => {
      const [first, ...others] = await Promise.all(servers.map(({ url }) => jwksAt(url)));
      return others.every((other) => other === first) ? true : undefined;
    });
    const { stdout } = await runCli(['keys', 'list', '--json'], folder, environment);
    const { keys } = JSON.parse(stdout) as {
      readonly keys: readonly { readonly alg: string; readonly slot: number }[];
    };
    expect(keys.map(({ alg, slot }) => `${alg} ${slot}`)).toEqual(['ES256 0', 'ES256 1', 'RS256 0', 'RS256 1']);
    const secrets = servers.flatMap((server) => [...server.stdout().matchAll(/first-client:([^']+)'/g)]);
    expect(secrets).toHaveLength(1);
    const people = servers.flatMap((server) => [...server.stdout().matchAll(/sign in as demo with/g)]);
    expect(people).toHaveLength(1);
    const ended = await Promise.all(servers.map((server) => server.stop()));
    expect(ended).toEqual(Array.from({ length: 3 }, () => ({ code: 0, signal: null })));
    for (const server of servers) expect(server.stderr()).toBe('');
  });
});
