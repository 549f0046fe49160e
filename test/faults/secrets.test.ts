// What a thief of the files or a reader of the logs gets: of a running issuer whose tokens were issued, whose keys
// turned, were revoked and rewrapped, and whose client's secret was rotated, nothing that signs or authenticates.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { createJoseKeyVault, parseKekRing } from '../../src/adapters/jose_key_vault.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { generateClientSecret, hashClientSecret } from '../../src/client_authentication/client_secret.ts';
import { wrappingContextOf } from '../../src/keys/open_key.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import type { Store } from '../../src/seams/store.ts';
import {
  databasePathIn,
  makeFolder,
  type Outcome,
  processTestMilliseconds,
  type RunningServer,
  ringPathIn,
  runCli,
  startServer,
  until,
} from '../running_server.ts';
import { addClient, addResource, basic, formContentType, makeKekRing, tokenAnswer } from '../test_provider.ts';
import { activeKidIn, readRows } from './key_facts.ts';

const issuer = 'https://id.example.com';
const audiences = { ES256: 'https://es256.example.com', RS256: 'https://rs256.example.com' } as const;
// P is the least there is and nothing else waits: the standby made at the first start may sign after two seconds.
const timing = {
  KEYTURN_ISSUER: issuer,
  KEYTURN_ROTATION_PERIOD_SECONDS: '3600',
  KEYTURN_SNAPSHOT_SECONDS: '2',
  KEYTURN_SHARED_CACHE_SECONDS: '0',
  KEYTURN_JWKS_MAX_AGE_SECONDS: '0',
  KEYTURN_SLOWEST_VERIFIER_SECONDS: '0',
  KEYTURN_CLOCK_ERROR_SECONDS: '0',
  KEYTURN_FETCH_TIMEOUT_SECONDS: '0',
};

const folder = makeFolder();
const oldKekRing = makeKekRing('kek-old');
const ringWithNew = JSON.stringify({
  keys: [...JSON.parse(makeKekRing('kek-new')).keys, ...JSON.parse(oldKekRing).keys],
});
const secrets = { first: generateClientSecret(), second: generateClientSecret() };
const tokens: string[] = [];
const privateJwks = new Map<string, JWK>();
const ciphertexts = new Map<string, SigningKeyRecord>();
const commands: Outcome[] = [];
let server: RunningServer;
let store: Store;

const getToken = async (resource: string, secret: string): Promise<number> => {
  const response = await fetch(`${server.url}/token`, {
    method: 'POST',
    headers: { 'Content-Type': formContentType, Authorization: basic('client', secret) },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource }),
  });
  const { access_token } = await tokenAnswer(response);
  if (response.status === 200) tokens.push(access_token);
  return response.status;
};

const getTokens = async (secret: string): Promise<void> => {
  for (const resource of Object.values(audiences))
    await until(`a token for ${resource}`, async () => ((await getToken(resource, secret)) === 200 ? true : undefined));
};

/** Opens every private half there is, as the ring's owner can. */
const collectPrivateKeys = async (): Promise<void> => {
  const vault = createJoseKeyVault(parseKekRing(ringWithNew, 'a test'));
  for (const key of (await store.readSigningKeys()).keys) {
    if (key.privateJwe === null) continue;
    ciphertexts.set(key.privateJwe, key);
    privateJwks.set(key.kid, await vault.unwrap(key.privateJwe, wrappingContextOf(issuer, key)));
  }
};

const keysCommand = async (...args: readonly string[]): Promise<void> => {
  const outcome = await runCli(['keys', ...args], folder, timing);
  commands.push(outcome);
  expect(outcome.code, outcome.stderr).toBe(0);
};

const standbysAreOld = (): Promise<true> =>
  until('every standby may sign', async () => {
    const { keys, databaseNow } = await store.readSigningKeys();
    return keys.every(({ publishedAt }) => publishedAt + 3 <= databaseNow) ? true : undefined;
  });

/** The files as they are on disk, whatever process has them open. */
const filesOnDisk = (): readonly (readonly [string, Buffer])[] =>
  ['', '-wal', '-shm']
    .map((suffix) => databasePathIn(folder) + suffix)
    .filter(existsSync)
    .map((path) => [path, readFileSync(path)] as const);

let files: readonly (readonly [string, Buffer])[];

beforeAll(async () => {
  writeFileSync(ringPathIn(folder), oldKekRing, { mode: 0o600 });
  server = await startServer(folder, timing);
  store = createBetterSqlite3Store(databasePathIn(folder), systemClock);
  for (const alg of ['ES256', 'RS256'] as const)
    await addResource(store, { resource: audiences[alg], accessTokenSigningAlg: alg });
  await addClient(store, 'client', {
    resources: Object.values(audiences),
    clientSecretSha256: hashClientSecret(secrets.first),
  });
  await collectPrivateKeys();
  await getTokens(secrets.first);
  await standbysAreOld();
  await keysCommand('rotate');
  await collectPrivateKeys();
  await getTokens(secrets.first);
  await store.rotateClientSecret('client', hashClientSecret(secrets.second), systemClock.now() + 3600);
  await getTokens(secrets.second);
  await getToken(audiences.ES256, 'a wrong secret');
  const rows = await readRows(databasePathIn(folder));
  await keysCommand('revoke', activeKidIn(rows, 'ES256', issuer), '--reason', 'a test');
  await collectPrivateKeys();
  writeFileSync(ringPathIn(folder), ringWithNew, { mode: 0o600 });
  await keysCommand('rewrap');
  await collectPrivateKeys();
  files = filesOnDisk();
}, processTestMilliseconds);

afterAll(async () => {
  await store.close();
  await server.kill();
});

/** The value as it may be kept: text, raw bytes, hexadecimal. */
const formsOf = (value: string): readonly (string | Buffer)[] => {
  const bytes = Buffer.from(value, 'base64url');
  return [value, bytes, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, '')];
};

const whereFound = (value: string): readonly string[] =>
  files.filter(([, content]) => formsOf(value).some((form) => content.includes(form))).map(([path]) => path);

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const;

const privateValues = (): readonly (readonly [string, string])[] =>
  [...privateJwks].flatMap(([kid, jwk]) =>
    privateMembers.flatMap((member) => {
      const value = jwk[member];
      return value === undefined ? [] : [[`${member} of ${kid}`, value] as const];
    }),
  );

describe('the files of the database, of a running server', () => {
  test('there is much to be found: what is meant to be in the files is', () => {
    expect(files.map(([path]) => path)).toContain(`${databasePathIn(folder)}-wal`);
    expect(privateJwks.size).toBeGreaterThanOrEqual(7);
    expect(tokens.length).toBeGreaterThanOrEqual(6);
    const content = Buffer.concat(files.map(([, bytes]) => bytes));
    expect(content.includes(hashClientSecret(secrets.first))).toBe(true);
    expect(content.includes(hashClientSecret(secrets.second))).toBe(true);
    for (const kid of privateJwks.keys()) expect(content.includes(kid), kid).toBe(true);
  });

  test('no member of any private key is in them, of those that sign as of those that did', () => {
    for (const [name, value] of privateValues()) expect(whereFound(value), name).toEqual([]);
  });

  test('no client secret is in them, present or previous', () => {
    for (const secret of Object.values(secrets)) expect(whereFound(secret)).toEqual([]);
  });

  test('no token is in them, whole or by its signature', () => {
    for (const token of tokens)
      for (const part of [token, ...token.split('.').slice(1)]) expect(whereFound(part)).toEqual([]);
  });

  test('no key-encryption key is in them', () => {
    for (const { k } of JSON.parse(ringWithNew).keys as readonly { k: string }[]) expect(whereFound(k)).toEqual([]);
  });

  test('I4: what was erased or rewrapped is gone from them, ciphertext and all', async () => {
    const kept = (await store.readSigningKeys()).keys.map(({ privateJwe }) => privateJwe);
    const gone = [...ciphertexts].filter(([privateJwe]) => !kept.includes(privateJwe));
    expect(gone.length).toBeGreaterThanOrEqual(6);
    const content = Buffer.concat(files.map(([, bytes]) => bytes));
    for (const [privateJwe, { kid }] of gone) {
      const ciphertext = privateJwe.split('.')[3] ?? '';
      expect(content.includes(ciphertext.slice(60, 120)), kid).toBe(false);
    }
  });
});

describe('what was written to standard output and standard error', () => {
  test('T127: no private member, secret, token or key-encryption key is in it, of the server or of a command', async () => {
    await server.stop();
    const written = [server, ...commands.map(({ stdout, stderr }) => ({ stdout: () => stdout, stderr: () => stderr }))]
      .map(({ stdout, stderr }) => stdout() + stderr())
      .join('\n');
    expect(written).toContain('"msg":"stopped"');
    expect(written).toContain('"path":"/token"');
    const keks = (JSON.parse(ringWithNew).keys as readonly { k: string }[]).map(({ k }) => k);
    const values = privateValues().map(([, value]) => value);
    const signatures = tokens.map((token) => token.split('.')[2] ?? '');
    for (const value of [...values, ...Object.values(secrets), ...tokens, ...signatures, ...keks])
      expect(written.includes(value)).toBe(false);
  });
});
