import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { hashClientSecret } from '../../src/client_authentication/client_secret.ts';
import type { Resource } from '../../src/seams/resource_store.ts';
import { makeClient } from '../contracts/records.ts';
import { freePort, processTestMilliseconds } from '../running_server.ts';
import { type RunningWorker, startWorker } from './running_worker.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

const audience = 'https://api.example';
const clientSecret = 'a-secret-of-43-characters-as-they-are-made-x';

const api: Resource = {
  resource: audience,
  scope: [],
  accessTokenSeconds: 300,
  accessTokenSigningAlg: 'ES256',
  claims: {},
  accessTokenClaims: [],
  statusList: false,
  createdAt: 0,
};

/** An example as one folder of modules, as wrangler makes them. */
const bundleExample = async (name: string, folder: string): Promise<string> => {
  await build({
    entryPoints: [`examples/workers/${name}`],
    outdir: folder,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'keyturn-source'],
    external: ['node:*', 'crypto'],
    loader: { '.wasm': 'copy' },
    entryNames: 'worker',
    logLevel: 'silent',
  });
  return folder;
};

let folder: string;
let issuer: RunningWorker;
let both: RunningWorker;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyturn-examples-'));
  const [apiFolder, issuerAndApi] = await Promise.all([
    bundleExample('api.ts', join(folder, 'api')),
    bundleExample('issuer_and_api.js', join(folder, 'both')),
  ]);
  const port = await freePort();
  const bindings = { ISSUER_URL: `http://127.0.0.1:${port}`, AUDIENCE: audience };
  const neighbours = [{ name: 'api', folder: apiFolder, serviceBindings: { ISSUER: 'issuer-0' }, bindings }];
  [issuer, both] = await Promise.all([
    startWorker({ workerFolder: inject('workerFolder'), port, neighbours }),
    startWorker({ workerFolder: issuerAndApi, environment: { AUDIENCE: audience } }),
  ]);
  for (const { store } of [issuer, both]) {
    await store.addResource(api);
    const grants = { grantTypes: ['client_credentials'], resources: [audience], scope: [] };
    const secret = {
      tokenEndpointAuthMethod: 'client_secret_basic',
      clientSecretSha256: hashClientSecret(clientSecret),
    };
    await store.addClient(makeClient('robot', { ...grants, ...secret }));
  }
});
afterAll(async () => {
  await Promise.all([issuer?.close(), both?.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const tokenOf = async ({ issuer: url }: RunningWorker): Promise<string> => {
  const response = await fetch(`${url}/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`robot:${clientSecret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token } = (await response.json()) as { access_token: string };
  expect(response.status).toBe(200);
  return access_token;
};

describe('a Worker that verifies', () => {
  test('gets the keys through a Service Binding, takes a token of the issuer and refuses one of another', async () => {
    const call = (token: string) => issuer.ask('api', '/me', { headers: { Authorization: `Bearer ${token}` } });
    const answer = await call(await tokenOf(issuer));
    expect([answer.status, await answer.json()]).toEqual([200, { hello: 'robot' }]);
    expect((await call(await tokenOf(both))).status).toBe(401);
  });

  test('and is the issuer itself, which cannot fetch its own hostname, takes its own tokens', async () => {
    const call = (token: string) => fetch(`${both.issuer}/api/me`, { headers: { Authorization: `Bearer ${token}` } });
    const answer = await call(await tokenOf(both));
    expect([answer.status, await answer.json()]).toEqual([200, { hello: 'robot' }]);
    expect((await call(await tokenOf(issuer))).status).toBe(401);
  });
});
