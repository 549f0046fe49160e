// I10 and I12: nodes that start at once on one database agree on its keys.
import { join } from 'node:path';
import type { JSONWebKeySet } from 'jose';
import { expect, test } from 'vitest';
import { databasePathIn, makeFolder, processTestMilliseconds, startServer, until } from '../running_server.ts';
import { readRows } from './key_facts.ts';

const issuer = 'http://127.0.0.1:4600';

test('I10, I12: six first starts on one new database make one key for each (alg, slot) and serve one key set', {
  timeout: processTestMilliseconds,
}, async () => {
  const folder = makeFolder();
  const servers = await Promise.all(
    Array.from({ length: 6 }, () => startServer(folder, { KEYTURN_ISSUER: issuer, KEYTURN_SNAPSHOT_SECONDS: '3' })),
  );
  const readAll = () =>
    Promise.all(
      servers.map(async ({ url }) => {
        const response = await fetch(`${url}/.well-known/jwks.json`);
        return `${response.headers.get('ETag')} ${await response.text()}`;
      }),
    );
  const served = await until('every node serves the same key set', async () => {
    const [first, ...others] = await readAll();
    return others.every((other) => other === first) ? first : undefined;
  });
  const rows = await readRows(databasePathIn(folder));
  expect(rows.map(({ alg, slot }) => `${alg} ${slot}`)).toEqual(['ES256 0', 'ES256 1', 'RS256 0', 'RS256 1']);
  const { keys } = JSON.parse(served.slice(served.indexOf('{'))) as JSONWebKeySet;
  expect(keys.map(({ kid }) => kid)).toEqual(rows.map(({ kid }) => kid));
  for (const { url } of servers)
    await until('every node signs', async () => ((await fetch(`${url}/health/ready`)).ok ? true : undefined));
  const secrets = servers.flatMap(({ stdout }) => [...stdout().matchAll(/first-client:([^']+)'/g)]);
  expect(secrets).toHaveLength(1);
  const ended = await Promise.all(servers.map((server) => server.stop()));
  expect(ended).toEqual(Array.from({ length: 6 }, () => ({ code: 0, signal: null })));
  for (const { stderr } of servers) expect(stderr()).toBe('');
  expect(await readRows(join(folder, 'keyturn.sqlite'))).toEqual(rows);
});
