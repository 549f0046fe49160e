import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import type { Clock } from '../../src/seams/clock.ts';
import { type Store, StoreUnavailableError } from '../../src/seams/store.ts';
import { describeClientStore } from '../contracts/client_store.ts';
import type { OpenedStore } from '../contracts/opened_store.ts';
import { describeResourceStore } from '../contracts/resource_store.ts';
import { describeSigningKeyStore } from '../contracts/signing_key_store.ts';

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyturn-store-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const newPath = (): string => {
  files += 1;
  return join(folder, `${files}.sqlite`);
};

const clock: Clock = { now: () => 1_800_000_000, monotonicSeconds: () => 0 };

const openInMemory = (at: Clock): Promise<OpenedStore<Store>> => {
  const store = createBetterSqlite3Store(':memory:', at);
  return Promise.resolve({ store, other: store, close: () => store.close() });
};

const openFile = (at: Clock): Promise<OpenedStore<Store>> => {
  const path = newPath();
  const [store, other] = [createBetterSqlite3Store(path, at), createBetterSqlite3Store(path, at)];
  const close = async (): Promise<void> => {
    await store.close();
    await other.close();
  };
  return Promise.resolve({ store, other, close });
};

for (const [name, open] of [
  ['better-sqlite3 in memory', openInMemory],
  ['better-sqlite3, two connections to one file', openFile],
] as const) {
  describeSigningKeyStore(name, open);
  describeClientStore(name, open);
  describeResourceStore(name, open);
}

const moduleUrl = (path: string): string => new URL(`../../src/${path}`, import.meta.url).href;

const slots = 80;

/** A process that opens the store, waits for a line, then does each verb for every slot and prints how often it won. */
const racer = (path: string, name: string): string => `
  import { once } from 'node:events';
  import { createBetterSqlite3Store } from ${JSON.stringify(moduleUrl('adapters/better_sqlite3_store.ts'))};
  const store = createBetterSqlite3Store(${JSON.stringify(path)}, { now: () => 1800000000, monotonicSeconds: () => 0 });
  const publish = (slot) => store.publishSigningKey({
    alg: 'ES256', slot, kid: '${name} ' + slot, publicJwk: {}, privateJwe: 'jwe',
    publishedAt: 1, activatesAt: 1000, longestTokenSeconds: 1,
  });
  process.stdout.write('ready\\n');
  await once(process.stdin, 'data');
  const won = { publish: 0, activate: 0, rewrap: 0, revoke: 0 };
  for (let slot = 0; slot < ${slots}; slot += 1) if (await publish(slot)) won.publish += 1;
  const { keys } = await store.readSigningKeys();
  for (const { kid } of keys) if (await store.activateSigningKey(kid, 500)) won.activate += 1;
  for (const { kid } of keys) if (await store.rewrapSigningKey(kid, 'jwe', '${name}')) won.rewrap += 1;
  const plan = { reason: '${name}', revokedAt: 600, promotedKid: null, successor: null };
  for (const { kid } of keys) if (await store.revokeSigningKey({ kid, ...plan })) won.revoke += 1;
  process.stdout.write(JSON.stringify(won));
  process.exit(0);
`;

type Wins = Readonly<Record<'publish' | 'activate' | 'rewrap' | 'revoke', number>>;

const raceProcesses = async (path: string): Promise<readonly Wins[]> => {
  const children = ['one', 'two', 'three'].map((name) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', racer(path, name)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let written = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      written += chunk;
    });
    return { child, ready: once(child.stdout, 'data'), ended: once(child, 'close'), written: () => written };
  });
  await Promise.all(children.map(({ ready }) => ready));
  for (const { child } of children) child.stdin.end('go\n');
  await Promise.all(children.map(({ ended }) => ended));
  return children.map(({ written }) => JSON.parse(written().slice('ready\n'.length)));
};

test('processes on one file: each slot is filled, turned to, rewrapped and revoked by exactly one of them (I10)', {
  timeout: 120_000,
}, async () => {
  const path = newPath();
  const wins = await raceProcesses(path);
  for (const verb of ['publish', 'activate', 'rewrap', 'revoke'] as const) {
    const total = wins.reduce((sum, won) => sum + won[verb], 0);
    expect(total, `${verb}: ${JSON.stringify(wins)}`).toBe(slots);
  }
  const store = createBetterSqlite3Store(path, clock);
  const { keys } = await store.readSigningKeys();
  expect(keys.map(({ slot }) => slot)).toEqual(Array.from({ length: slots }, (_, slot) => slot));
  expect(keys.every((key) => key.activatesAt === 500 && key.revokedAt === 600 && key.privateJwe === null)).toBe(true);
  await store.close();
});

describe('a database that cannot answer', () => {
  test('is StoreUnavailableError while another process keeps its lock; reading goes on', async () => {
    const path = newPath();
    const store = createBetterSqlite3Store(path, clock);
    const locker = new Database(path);
    locker.exec('BEGIN IMMEDIATE');
    await expect(store.raiseLongestToken('ES256', 5)).rejects.toThrow(StoreUnavailableError);
    expect((await store.readSigningKeys()).keys).toEqual([]);
    locker.exec('ROLLBACK');
    await expect(store.raiseLongestToken('ES256', 5)).resolves.toBeUndefined();
    locker.close();
    await store.close();
  });
});
