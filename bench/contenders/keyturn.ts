// Keyturn as it is run: `src/launch.js serve` with the default configuration, in a temporary folder of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { generateClientSecret, hashClientSecret } from '../../src/client_authentication/client_secret.ts';
import { clientDefaults } from '../../src/seams/client_store.ts';
import { signingAlgorithms } from '../../src/seams/signer.ts';
import { announce, clientCredentialsTarget, tokenRequest } from '../contender.ts';
import { clientCredentialsName } from '../scenarios/client_credentials.ts';
import { jwksName } from '../scenarios/jwks.ts';

const startSeconds = 30;
const killMilliseconds = 3000;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** @returns the secret of the one client, which may ask for a token of either algorithm. */
const fillDatabase = async (path: string): Promise<string> => {
  const store = createBetterSqlite3Store(path, systemClock);
  const now = systemClock.now();
  const secret = generateClientSecret();
  const { clientId, scope, lifetimeSeconds, resourceOf } = tokenRequest;
  for (const alg of signingAlgorithms)
    await store.addResource({
      resource: resourceOf(alg),
      scope,
      accessTokenSeconds: lifetimeSeconds,
      accessTokenSigningAlg: alg,
      claims: {},
      accessTokenClaims: [],
      statusList: false,
      createdAt: now,
    });
  await store.addClient({
    ...clientDefaults,
    clientId,
    grantTypes: ['client_credentials'],
    scope,
    resources: signingAlgorithms.map(resourceOf),
    clientSecretSha256: hashClientSecret(secret),
    clientIdIssuedAt: now,
  });
  await store.close();
  return secret;
};

/** The surroundings without any setting of Keyturn's, so that all but the places are defaults. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('KEYTURN_')));

const folder = mkdtempSync(join(tmpdir(), 'keyturn-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const database = join(folder, 'keyturn.sqlite');
const secret = await fillDatabase(database);
const issuer = `http://127.0.0.1:${await freePort()}`;
const server = spawn(process.execPath, [fileURLToPath(new URL('../../src/launch.js', import.meta.url)), 'serve'], {
  // Standard output, the log of requests, goes to the null device.
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    ...environment,
    KEYTURN_ISSUER: issuer,
    KEYTURN_DATABASE_URL: `file:${database}`,
    KEYTURN_KEK_RING_FILE: join(folder, 'kek_ring.json'),
  },
});
process.once('exit', () => server.kill('SIGKILL'));

const stop = async (): Promise<void> => {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill('SIGTERM');
  await Promise.race([once(server, 'exit'), wait(killMilliseconds)]);
};

const isReady = (): Promise<boolean> =>
  fetch(`${issuer}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );

const deadline = performance.now() + startSeconds * 1000;
while (!(await isReady())) {
  if (server.exitCode !== null) throw new Error(`Keyturn ended with ${server.exitCode} before it was ready.`);
  if (performance.now() > deadline) throw new Error(`Keyturn was not ready after ${startSeconds} s.`);
  await wait(50);
}

const tokens = signingAlgorithms.map((alg) => [
  clientCredentialsName(alg),
  clientCredentialsTarget(`${issuer}/token`, alg, secret),
]);
const jwksUri = `${issuer}/.well-known/jwks.json`;
announce(
  {
    pid: server.pid ?? 0,
    issuer,
    jwksUri,
    targets: { ...Object.fromEntries(tokens), [jwksName]: { url: jwksUri, method: 'GET', headers: {} } },
  },
  stop,
);
