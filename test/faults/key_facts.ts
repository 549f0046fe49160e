// What must be true of the keys whenever a node has started and looked after its rings, whatever was killed before it.
import { existsSync, readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { JSONWebKeySet } from 'jose';
import { expect } from 'vitest';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { createJoseKeyVault, parseKekRing } from '../../src/adapters/jose_key_vault.ts';
import { nodeCryptoSigners } from '../../src/adapters/node_crypto_signer.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { readConfig } from '../../src/config.ts';
import { createKeyHistory } from '../../src/keys/keep_key_history.ts';
import { keyEventsOf } from '../../src/keys/key_events.ts';
import { KeyRing } from '../../src/keys/key_ring.ts';
import {
  activeKeyOf,
  allLifetimesOf,
  type KeyLifetime,
  lifetimesOf,
  ringOf,
  standbysOf,
} from '../../src/keys/lifecycle.ts';
import { openKey } from '../../src/keys/open_key.ts';
import type { RotationPolicy } from '../../src/keys/timing.ts';
import { verifyKeyHistory } from '../../src/keys/verify_key_history.ts';
import type { KeyVault } from '../../src/seams/key_vault.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../../src/seams/signer.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import type { Store } from '../../src/seams/store.ts';
import { createRecordedLog } from '../test_provider.ts';

/** The chain holds, and tells all that the rows bear witness to, each once. */
const expectHistory = async (keyRing: KeyRing, issuer: string, policy: RotationPolicy, store: Store): Promise<void> => {
  const history = createKeyHistory({ issuer, policy, store, keyRing });
  await history.refresh();
  const { entries } = await verifyKeyHistory(history.document() ?? '');
  const { keys, databaseNow } = await store.readSigningKeys();
  const happened = keyEventsOf(allLifetimesOf(keys, policy, databaseNow), databaseNow);
  const told = (events: readonly { readonly event: string; readonly kid: string; readonly at: number }[]) =>
    events
      .filter(({ event }) => event !== 'erased')
      .map(({ event, kid, at }) => `${event} ${kid} ${at}`)
      .sort();
  expect(told(entries)).toEqual(told(happened));
};

export interface KeysUnderTest {
  readonly databasePath: string;
  readonly kekRing: string;
  readonly issuer: string;
}

/** Every row, and nothing done to them. */
export const readRows = async (databasePath: string): Promise<readonly SigningKeyRecord[]> => {
  const store = createBetterSqlite3Store(databasePath, systemClock);
  const { keys } = await store.readSigningKeys();
  await store.close();
  return keys;
};

const expectIntegrity = (databasePath: string): void => {
  const database = new Database(databasePath, { readonly: true });
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  database.close();
};

/** I3, I6 and I2 for one ring. */
const expectRing = (lifetimes: readonly KeyLifetime[], policy: RotationPolicy): void => {
  expect(lifetimes.filter(({ state }) => state === 'active')).toHaveLength(1);
  expect(standbysOf(lifetimes).length).toBeGreaterThan(0);
  const active = activeKeyOf(lifetimes) as SigningKeyRecord;
  const forced = lifetimes.some(({ key }) => key.revokedAt === active.activatesAt);
  if (active.slot > 0 && !forced)
    expect(active.activatesAt - active.publishedAt).toBeGreaterThanOrEqual(policy.leadSeconds);
};

/** I4, I5 and I7: what is kept opens with the ring and is the key its row says; what is over is gone. */
const expectPrivateHalves = async (
  lifetimes: readonly KeyLifetime[],
  { issuer, databasePath }: KeysUnderTest,
  vault: KeyVault,
): Promise<void> => {
  for (const { key, state } of lifetimes) {
    const { privateJwe } = key;
    if (state === 'active' || state === 'standby') {
      if (privateJwe === null) throw new Error(`the ${state} key ${key.kid} has no private half`);
      expect((await openKey({ ...key, privateJwe }, issuer, vault, nodeCryptoSigners)).kid).toBe(key.kid);
    } else expect(privateJwe, `${state} ${key.kid} in ${databasePath}`).toBeNull();
  }
};

const expectKeySet = (
  served: JSONWebKeySet,
  rows: readonly SigningKeyRecord[],
  signedBefore: readonly SigningKeyRecord[],
): void => {
  const kids = served.keys.map(({ kid }) => kid);
  const revoked = rows.filter(({ revokedAt }) => revokedAt !== null).map(({ kid }) => kid);
  expect(kids.filter((kid) => revoked.includes(kid ?? ''))).toEqual([]);
  for (const { kid } of signedBefore.filter((key) => !revoked.includes(key.kid))) expect(kids).toContain(kid);
  for (const key of served.keys) expect(key).not.toHaveProperty('d');
};

/** The ciphertexts that were there and are erased now must not be in the files either (I4). */
const expectErasedFromFiles = (
  databasePath: string,
  before: readonly SigningKeyRecord[],
  rows: readonly SigningKeyRecord[],
): void => {
  const files = ['', '-wal', '-shm'].map((suffix) => databasePath + suffix).filter(existsSync);
  const bytes = files.map((file) => readFileSync(file));
  for (const { kid, privateJwe } of before) {
    if (privateJwe === null || rows.find((row) => row.kid === kid)?.privateJwe === privateJwe) continue;
    const ciphertext = privateJwe.split('.')[3] ?? '';
    // A piece from the middle: a long value is spread over pages.
    expect(bytes.some((content) => content.includes(ciphertext.slice(60, 120)))).toBe(false);
  }
};

/** The keys that signed when `before` was read. */
const signingIn = (before: readonly SigningKeyRecord[], policy: RotationPolicy): readonly SigningKeyRecord[] =>
  signingAlgorithms.flatMap((alg) => activeKeyOf(lifetimesOf(ringOf(before, alg), policy, systemClock.now())) ?? []);

/**
 * Starts a node's key ring on the database as a restarted server does, and asserts I2 to I9 of it.
 *
 * @param before - the rows before whatever was killed.
 * @returns the rows as they are now.
 */
export const expectKeyFacts = async (
  under: KeysUnderTest,
  before: readonly SigningKeyRecord[],
): Promise<readonly SigningKeyRecord[]> => {
  const { databasePath, kekRing, issuer } = under;
  const { policy } = readConfig({ KEYTURN_ISSUER: issuer });
  const vault = createJoseKeyVault(parseKekRing(kekRing, 'a test'));
  const store = createBetterSqlite3Store(databasePath, systemClock);
  try {
    const log = createRecordedLog();
    const keyRing = new KeyRing({ issuer, policy, store, vault, clock: systemClock, signers: nodeCryptoSigners, log });
    await keyRing.refresh();
    const { keys: rows, databaseNow } = await store.readSigningKeys();
    expectIntegrity(databasePath);
    expect(new Set(rows.map(({ alg, slot }) => `${alg} ${slot}`)).size).toBe(rows.length);
    expect(new Set(rows.map(({ kid }) => kid)).size).toBe(rows.length);
    for (const { kid, alg, slot } of before) expect(rows.find((row) => row.kid === kid)).toMatchObject({ alg, slot });
    for (const alg of signingAlgorithms) {
      const lifetimes = lifetimesOf(ringOf(rows, alg), policy, databaseNow);
      expectRing(lifetimes, policy);
      await expectPrivateHalves(lifetimes, under, vault);
    }
    expectKeySet(JSON.parse(keyRing.jwkSet().body) as JSONWebKeySet, rows, signingIn(before, policy));
    expectErasedFromFiles(databasePath, before, rows);
    await expectHistory(keyRing, issuer, policy, store);
    expect(keyRing.notSigning()).toBeUndefined();
    return rows;
  } finally {
    await store.close();
  }
};

export const activeKidIn = (rows: readonly SigningKeyRecord[], alg: SigningAlgorithm, issuer: string): string => {
  const { policy } = readConfig({ KEYTURN_ISSUER: issuer });
  return activeKeyOf(lifetimesOf(ringOf(rows, alg), policy, systemClock.now()))?.kid ?? 'missing';
};
