import { rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { nodeRsPasswordHasher } from '../../src/adapters/node_rs_password_hasher.ts';
import { hashClientSecret } from '../../src/client_authentication/client_secret.ts';
import { type AskedHasher, describePasswordHasher } from '../contracts/password_hasher.ts';
import { makeClient, makeResource } from '../contracts/records.ts';
import { processTestMilliseconds } from '../running_server.ts';
import { addApplication, authorization, clientSecret, redirectUri } from './application.ts';
import { broughtHashes } from './brought_hashes.ts';
import { bundleWorker } from './bundled.ts';
import { type RunningWorker, startWorker } from './running_worker.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

const audience = 'https://api.example';
const isolates = ['issuer-0', 'issuer-1', 'issuer-2'] as const;

/** Constants of seconds: lead is P + S + A + 2E = 6. */
const quick = {
  KEYTURN_ROTATION_PERIOD_SECONDS: '9',
  KEYTURN_MAX_TOKEN_SECONDS: '300',
  KEYTURN_ACCESS_TOKEN_SECONDS: '300',
  KEYTURN_ID_TOKEN_SECONDS: '300',
  KEYTURN_JWKS_MAX_AGE_SECONDS: '1',
  KEYTURN_SHARED_CACHE_SECONDS: '1',
  KEYTURN_SLOWEST_VERIFIER_SECONDS: '0',
  KEYTURN_SNAPSHOT_SECONDS: '2',
  KEYTURN_CLOCK_ERROR_SECONDS: '1',
  KEYTURN_LEEWAY_SECONDS: '0',
  KEYTURN_FETCH_TIMEOUT_SECONDS: '0',
};

const beyondSnapshotMilliseconds = 2100;

const api = makeResource(audience, { scope: [], accessTokenSeconds: 300, statusList: true });

let folders: readonly string[] = [];
let worker: RunningWorker;

beforeAll(async () => {
  folders = await Promise.all([
    bundleWorker('examples/workers/api.ts'),
    bundleWorker('examples/workers/issuer_and_api.js'),
    bundleWorker('test/worker/hasher_worker.js'),
  ]);
  const [apiFolder = '', issuerAndApi = '', hasher = ''] = folders;
  worker = await startWorker({
    workerFolder: inject('workerFolder'),
    isolates: isolates.length,
    environment: { ...quick, AUDIENCE: audience },
    neighbours: [
      { name: 'api', folder: apiFolder, serviceBindings: { ISSUER: 'issuer-0' }, isIssuer: true },
      { name: 'both', folder: issuerAndApi, serviceBindings: {}, isIssuer: true },
      { name: 'hasher', folder: hasher, serviceBindings: {}, isIssuer: false },
    ],
  });
});
afterAll(async () => {
  await worker?.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const kidsAt = async (name: string): Promise<readonly string[]> => {
  const response = await worker.ask(name, '/.well-known/jwks.json');
  expect(response.status).toBe(200);
  return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
};

const basic = `Basic ${Buffer.from(`robot:${clientSecret}`).toString('base64')}`;
const askForToken = (name: string): Promise<Response> =>
  worker.ask(name, '/token', {
    method: 'POST',
    headers: { Authorization: basic, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=client_credentials',
  });
const tokenFrom = async (name: string): Promise<string> => {
  const response = await askForToken(name);
  const { access_token: token } = (await response.json()) as { access_token: string };
  expect(response.status).toBe(200);
  return token;
};
const callApi = async (name: string, path: string, token: string): Promise<number> =>
  (await worker.ask(name, path, { headers: { Authorization: `Bearer ${token}` } })).status;

describe('isolates that race at the first start', () => {
  test('I10: make one key for each place of each ring, and all serve the same set', async () => {
    const sets = await Promise.all([...isolates, ...isolates].map(kidsAt));
    expect(new Set(sets.map((kids) => kids.join(' '))).size).toBe(1);
    const { keys } = await worker.store.readSigningKeys();
    expect(keys.map(({ alg, slot }) => `${alg} ${slot}`).sort()).toEqual(['ES256 0', 'ES256 1', 'RS256 0', 'RS256 1']);
  });
});

describe('who has fetched the key set', () => {
  test('is counted by an isolate that no trigger has come to', async () => {
    const headers = { 'User-Agent': 'jose/6.2.17' };
    await worker.ask('both', '/.well-known/jwks.json?fresh', { headers });
    const readers = async () => (await worker.store.listKeySetReaders()).map(({ reader }) => reader);
    await vi.waitFor(async () => expect(await readers()).toContain('jose/6.2.17'), 5000);
  });
});

describe('a Worker that verifies', () => {
  beforeAll(async () => {
    await worker.store.addResource(api);
    const grants = { grantTypes: ['client_credentials'], resources: [audience], scope: [] };
    const secret = {
      tokenEndpointAuthMethod: 'client_secret_basic',
      clientSecretSha256: hashClientSecret(clientSecret),
    };
    await worker.store.addClient(makeClient('robot', { ...grants, ...secret }));
  });

  test('gets the keys through a Service Binding and takes a token of the issuer', async () => {
    const token = await tokenFrom('issuer-1');
    expect(await callApi('api', '/me', token)).toBe(200);
    expect(await callApi('api', '/me', `${token.slice(0, -8)}AAAAAAAA`)).toBe(401);
  });

  test('and is the issuer itself, which cannot fetch its own hostname, takes its own tokens', async () => {
    const token = await tokenFrom('both');
    expect(await callApi('both', '/api/me', token)).toBe(200);
    expect(await callApi('both', '/api/me', `${token.slice(0, -8)}AAAAAAAA`)).toBe(401);
  });
});

describe('revocation on Workers', () => {
  test('I5: a token that one isolate revokes is revoked in the list another serves', async () => {
    const token = await tokenFrom('issuer-0');
    const { status } = decodeJwt(token) as { status: { status_list: { uri: string; idx: number } } };
    const path = new URL(status.status_list.uri).pathname;
    const bitAt = async (name: string): Promise<string> => {
      const response = await worker.ask(name, path);
      expect(response.headers.get('Cache-Control')).toMatch(/^public, max-age=\d+$/);
      return (decodeJwt(await response.text()) as { status_list: { lst: string } }).status_list.lst;
    };
    const before = await vi.waitFor(() => bitAt('issuer-1'), { timeout: 20_000, interval: 200 });
    const { jti } = decodeJwt(token) as { jti: string };
    const revoked = await worker.ask('issuer-1', '/revoke', {
      method: 'POST',
      headers: { Authorization: basic, 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token }).toString(),
    });
    expect(revoked.status).toBe(200);
    // The isolate that revoked forgets what the data centre kept.
    await vi.waitFor(async () => expect(await bitAt('issuer-1')).not.toBe(before), { timeout: 20_000, interval: 200 });
    expect(jti).toContain('.');
  });

  test('who asks for the feed as a stream gets a page, and sees by its type that it has to poll', async () => {
    const response = await worker.ask('issuer-0', '/revocations', { headers: { Accept: 'text/event-stream' } });
    expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'application/jwt']);
  });
});

describe('isolates that race on one database', () => {
  const race = async (form: Readonly<Record<string, string>>) => {
    const asked = Array.from({ length: 18 }, (_, turn) =>
      worker.ask(isolates[turn % isolates.length] ?? '', '/token', {
        method: 'POST',
        headers: { Authorization: authorization, 'Content-Type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(form).toString(),
      }),
    );
    const answers = await Promise.all(asked);
    const bodies = await Promise.all(answers.map(async (answer) => (await answer.json()) as Record<string, string>));
    return bodies.filter((_, place) => answers[place]?.status === 200);
  };

  test('T062 T081: a code gives tokens once, and a refresh token has one successor', async () => {
    const obtainCode = await addApplication(worker);
    const redemption = { grant_type: 'authorization_code', redirect_uri: redirectUri };
    expect(await race({ ...redemption, code: await obtainCode() })).toHaveLength(1);

    // A second authorization: the race over the code has ended the tokens of the first.
    const form = new URLSearchParams({ ...redemption, code: await obtainCode() }).toString();
    const headers = { Authorization: authorization, 'Content-Type': 'application/x-www-form-urlencoded' };
    const redeemed = await worker.ask('issuer-0', '/token', { method: 'POST', headers, body: form });
    const { refresh_token: refreshToken = '' } = (await redeemed.json()) as Record<string, string>;
    const refreshed = await race({ grant_type: 'refresh_token', refresh_token: refreshToken });
    expect(refreshed.length).toBeGreaterThanOrEqual(1);
    expect(new Set(refreshed.map(({ refresh_token: successor }) => successor)).size).toBe(1);
  });
});

describe('a client that goes away', () => {
  test('leaves nobody waiting: not even those who wait for what its request had begun', async () => {
    for (let round = 0; round < 3; round += 1) {
      // Beyond P, so that the first request to come reads the keys and the others wait for it.
      await wait(beyondSnapshotMilliseconds);
      const leaving = new AbortController();
      const gone = fetch(`${worker.issuer}/.well-known/jwks.json`, { signal: leaving.signal }).catch(() => undefined);
      setTimeout(() => leaving.abort(), round);
      const [, ...others] = await Promise.all([
        gone,
        ...Array.from({ length: 8 }, () => fetch(`${worker.issuer}/.well-known/jwks.json?round=${round}`)),
      ]);
      expect(others.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    }
  });
});

describe('a cron trigger', () => {
  const slots = async (): Promise<number> => (await worker.store.readSigningKeys()).keys.length;

  test('turns the keys, and nothing else does: requests sign on with the key they have', async () => {
    const before = await worker.store.readSigningKeys();
    const [, standby] = before.keys.filter(({ alg }) => alg === 'ES256');
    await vi.waitFor(() => expect(Date.now() / 1000).toBeGreaterThan((standby?.activatesAt ?? 0) + 1), {
      timeout: 20_000,
      interval: 100,
    });
    // The turn itself needs nobody: the standby signs at its instant, in every isolate.
    for (const name of isolates) expect(decodeProtectedHeader(await tokenFrom(name)).kid).toBe(standby?.kid);
    expect(await slots()).toBe(before.keys.length);
    expect(await Promise.all(isolates.map((name) => worker.trigger(name)))).toEqual(['ok', 'ok', 'ok']);
    const after = await worker.store.readSigningKeys();
    expect(after.keys.length).toBeGreaterThanOrEqual(before.keys.length + 2);
    const places = after.keys.map(({ alg, slot }) => `${alg} ${slot}`);
    expect(new Set(places).size).toBe(places.length);
    expect(after.keys.find(({ kid }) => kid === before.keys[0]?.kid)?.privateJwe).toBeNull();
    await wait(beyondSnapshotMilliseconds);
    const sets = await Promise.all(isolates.map(kidsAt));
    expect(new Set(sets.map((kids) => kids.join(' '))).size).toBe(1);
    expect(sets[0]).toHaveLength(after.keys.length);
  });

  test('writes the key history, which any isolate serves', async () => {
    await wait(beyondSnapshotMilliseconds);
    await kidsAt('issuer-2');
    await vi.waitFor(async () => {
      const response = await worker.ask('issuer-2', '/historical-keys');
      expect(response.status).toBe(200);
      const { key_events: events } = decodeJwt(await response.text()) as { key_events: readonly string[] };
      expect(events.length).toBeGreaterThanOrEqual(6);
    });
  });
});

const hasher = Object.fromEntries(
  (['hash', 'verify', 'accepts', 'needsRehash'] as const).map((verb) => [
    verb,
    async (...values: readonly string[]) => {
      const asked = await worker.ask('hasher', `/${verb}`, { method: 'POST', body: JSON.stringify(values) });
      return asked.json();
    },
  ]),
) as unknown as AskedHasher;

describePasswordHasher('argon2 as WebAssembly, in workerd', hasher, await broughtHashes());

describe('a hash made in workerd', () => {
  test('is verified on Node', async () => {
    const made = await hasher.hash('pässwörter 🔑 mit allem');
    expect(await nodeRsPasswordHasher.verify(made, 'pässwörter 🔑 mit allem')).toBe(true);
  });
});

describe('what is logged', () => {
  test('is one JSON record a line, and no secret is in it', () => {
    expect(worker.logged.length).toBeGreaterThan(10);
    // workerd's own, of the client that went away: what only that client waited for is not gone on with.
    const ours = worker.logged.filter((line) => !line.startsWith('Warning: A promise was resolved or rejected from'));
    for (const line of ours) expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number) });
    const all = worker.logged.join('\n');
    const { KEYTURN_KEK_RING: ring = '' } = worker.environment;
    for (const secret of [worker.token, clientSecret, JSON.parse(ring).keys[0].k]) expect(all).not.toContain(secret);
    expect(all).not.toMatch(/eyJ[\w-]+\.[\w-]+\./);
  });
});
