// What the tests of the rings share: rows by hand, a timing in round numbers, a clock whose hands are turned apart, and
// a store with both rings in their first turn.
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { createJoseKeyVault, parseKekRing } from '../../src/adapters/jose_key_vault.ts';
import { type RotationParts, turnRings } from '../../src/keys/rotation.ts';
import { minimumGraceSeconds, minimumLeadSeconds, type RotationPolicy, type Timing } from '../../src/keys/timing.ts';
import type { Clock } from '../../src/seams/clock.ts';
import type { NewSigningKey, SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import type { Store } from '../../src/seams/store.ts';
import { createKeyMaker } from '../made_keys.ts';
import { makeKekRing } from '../test_provider.ts';

export const timing: Timing = {
  maxTokenSeconds: 600,
  jwksMaxAgeSeconds: 60,
  sharedCacheSeconds: 30,
  slowestVerifierSeconds: 120,
  snapshotSeconds: 30,
  clockErrorSeconds: 5,
  leewaySeconds: 60,
  fetchTimeoutSeconds: 10,
};

/** P + S + max(A, V) + 2E + F, and P + T + L + 2E. */
export const [lead, grace, period] = [200, 700, 1000];

export const policy: RotationPolicy = {
  ...timing,
  leadSeconds: minimumLeadSeconds(timing),
  graceSeconds: minimumGraceSeconds(timing, timing.maxTokenSeconds),
  periodSeconds: period,
};

/** When the tests' rings begin. */
export const start = 1_800_000_000;

/** A row of the ES256 ring: published and first signing at its slot's turn, unless said otherwise. */
export const keyAt = (slot: number, overrides: Partial<SigningKeyRecord> = {}): SigningKeyRecord => ({
  alg: 'ES256',
  slot,
  kid: `kid-${slot}`,
  publicJwk: { kid: `kid-${slot}` },
  privateJwe: `private half of ${slot}`,
  publishedAt: start,
  activatesAt: start + slot * period,
  longestTokenSeconds: timing.maxTokenSeconds,
  erasedAt: null,
  revokedAt: null,
  revocationReason: null,
  ...overrides,
});

export interface HandClock extends Clock {
  /** Both clocks go on. */
  advance(seconds: number): void;
  /** The wall clock alone is set. */
  leap(seconds: number): void;
}

export const createHandClock = (): HandClock => {
  let [wall, monotonic] = [start, 5000];
  return {
    now: () => wall,
    monotonicSeconds: () => monotonic,
    advance: (seconds) => {
      wall += seconds;
      monotonic += seconds;
    },
    leap: (seconds) => {
      wall += seconds;
    },
  };
};

export const issuer = 'https://id.example.com';

export interface OpenRings extends RotationParts {
  readonly store: Store;
  readonly clock: HandClock;
  /** The ring of KEKs as JSON. */
  readonly kekRing: string;
}

const kekRing = makeKekRing();
const vault = createJoseKeyVault(parseKekRing(kekRing, 'a test'));

/** An empty database; `databasePath` makes it a file, whose RSA keys are made anew. */
export const openEmptyRings = (databasePath = ':memory:', takenRsaKeys = 0): OpenRings => {
  const clock = createHandClock();
  const rings = { issuer, policy, store: createBetterSqlite3Store(databasePath, clock), vault, clock, kekRing };
  return databasePath === ':memory:' ? { ...rings, generateKey: createKeyMaker(takenRsaKeys) } : rings;
};

const makeFirstKeys = async (): Promise<readonly NewSigningKey[]> => {
  const rings = openEmptyRings();
  const { published } = await turnRings(rings);
  await rings.store.close();
  return published;
};

let firstKeys: Promise<readonly NewSigningKey[]> | undefined;

/** A database where both rings made their first turn just now. The keys are made once for a file of tests. */
export const openRings = async (databasePath?: string): Promise<OpenRings> => {
  firstKeys ??= makeFirstKeys();
  const published = await firstKeys;
  const rings = openEmptyRings(databasePath, published.filter(({ alg }) => alg === 'RS256').length);
  for (const key of published) await rings.store.publishSigningKey(key);
  return rings;
};

export const rowsOf = async ({ store }: Pick<RotationParts, 'store'>): Promise<readonly SigningKeyRecord[]> =>
  (await store.readSigningKeys()).keys;

/** @throws when there is none. */
export const rowAt = async (parts: Pick<RotationParts, 'store'>, slot: number, alg = 'ES256') => {
  const row = (await rowsOf(parts)).find((key) => key.alg === alg && key.slot === slot);
  if (row === undefined) throw new TypeError(`there is no ${alg} key in slot ${slot}`);
  return row;
};

/** The parts with some verbs of the store replaced. */
export const withStore = <Parts extends RotationParts>(
  parts: Parts,
  verbs: Partial<RotationParts['store']>,
): Parts => ({
  ...parts,
  store: { ...parts.store, ...verbs },
});
