import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { activeKeyOf, lifetimesOf, ringOf, standbysOf } from '../../src/keys/lifecycle.ts';
import { planRotation } from '../../src/keys/plan_rotation.ts';
import { type RotationParts, revokeKey, turnNow, turnRings } from '../../src/keys/rotation.ts';
import { minimumGraceSeconds, minimumLeadSeconds } from '../../src/keys/timing.ts';
import type { Clock } from '../../src/seams/clock.ts';
import { signingAlgorithms } from '../../src/seams/signer.ts';
import type { SigningKeyRecord, SigningKeyStore } from '../../src/seams/signing_key_store.ts';
import { paperVault } from './paper_keys.ts';
import { insertRow, newRow, type Rows } from './ring_rows.ts';
import { runs } from './runs.ts';
import { stories } from './story.ts';
import { unfold } from './world.ts';

vi.mock('../../src/keys/generate.ts', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  ...(await import('./paper_keys.ts')),
}));

const timing = {
  maxTokenSeconds: 4,
  jwksMaxAgeSeconds: 1,
  sharedCacheSeconds: 1,
  slowestVerifierSeconds: 2,
  snapshotSeconds: 2,
  clockErrorSeconds: 1,
  leewaySeconds: 1,
  fetchTimeoutSeconds: 1,
};
const leadSeconds = minimumLeadSeconds(timing);
const graceSeconds = minimumGraceSeconds(timing, timing.maxTokenSeconds);
const policy = { ...timing, leadSeconds, graceSeconds, periodSeconds: leadSeconds + timing.snapshotSeconds + 3 };

const verbs = [
  'readSigningKeys',
  'publishSigningKey',
  'activateSigningKeys',
  'erasePrivateHalf',
  'raiseLongestToken',
  'revokeSigningKey',
  'rewrapSigningKey',
] as const satisfies readonly (keyof SigningKeyStore)[];

/** A store each of whose verbs waits for the scheduler, which lets any of those waiting go first. */
const interleaved = (store: SigningKeyStore, scheduler: fc.Scheduler): SigningKeyStore =>
  Object.fromEntries(
    verbs.map((verb) => [
      verb,
      async (...args: never[]) => {
        await scheduler.schedule(Promise.resolve(), verb);
        return (store[verb] as (...args: never[]) => Promise<unknown>)(...args);
      },
    ]),
  ) as unknown as SigningKeyStore;

type Deed = (parts: RotationParts, clock: Clock) => Promise<unknown>;

const revokeThe =
  (which: (ring: Rows, now: number) => SigningKeyRecord | undefined): Deed =>
  async (parts, clock) => {
    const { keys } = await parts.store.readSigningKeys();
    const key = which(ringOf(keys, 'ES256'), clock.now());
    if (key !== undefined) await revokeKey(key.kid, 'a test', parts);
  };

const deeds = {
  turnRings: (parts) => turnRings(parts),
  turnNow: (parts) => turnNow('ES256', parts),
  'revoke the active key': revokeThe((ring, now) => activeKeyOf(lifetimesOf(ring, policy, now))),
  'revoke the standby': revokeThe((ring, now) => standbysOf(lifetimesOf(ring, policy, now))[0]),
} as const satisfies Record<string, Deed>;
type DeedName = keyof typeof deeds;

interface Race {
  readonly scheduler: fc.Scheduler;
  /** How long the ring had turned before. */
  readonly ticksBefore: number;
  readonly processes: readonly (readonly DeedName[])[];
  /** By how much the clock goes on, at moments of the scheduler's choice. */
  readonly pauses: readonly number[];
}

const races = (names: readonly DeedName[]): fc.Arbitrary<Race> =>
  fc.record({
    scheduler: fc.scheduler(),
    ticksBefore: fc.nat(2 * policy.periodSeconds),
    processes: fc.array(fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 2 }), {
      minLength: 2,
      maxLength: 3,
    }),
    pauses: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 }),
  });

/** Runs the processes to their end, lets the runner have one more turn, and reads the ES256 ring. */
const run = async ({ scheduler, ticksBefore, processes, pauses }: Race) => {
  let now = 1000;
  const clock: Clock = { now: () => now, monotonicSeconds: () => now };
  const store = createBetterSqlite3Store(':memory:', clock);
  const parts = { issuer: 'https://id.example.com', policy, store, vault: paperVault };
  for (let tick = 0; tick <= ticksBefore; tick += 1) {
    now += 1;
    await turnRings(parts);
  }
  const racing = { ...parts, store: interleaved(store, scheduler) };
  const work = processes.map(async (names) => {
    for (const name of names) await deeds[name](racing, clock);
  });
  const pausing = pauses.map(async (seconds) => {
    await scheduler.schedule(Promise.resolve(), `${seconds} s pass`);
    now += seconds;
  });
  await scheduler.waitFor(Promise.all([...work, ...pausing]));
  await turnRings(parts);
  const { keys } = await store.readSigningKeys();
  await store.close();
  const ring = ringOf(keys, 'ES256');
  return { ring, lifetimes: lifetimesOf(ring, policy, now) };
};

const holds = (names: readonly DeedName[], check: (found: Awaited<ReturnType<typeof run>>) => void): Promise<void> =>
  fc.assert(
    fc.asyncProperty(races(names), async (race) => check(await run(race))),
    runs(40),
  );

describe('processes on one store, whose steps fall in any order', () => {
  const everyDeed = Object.keys(deeds) as DeedName[];

  test('I3: revocations and turns that cross leave exactly one active key, and it has its private half', () =>
    holds(everyDeed, ({ lifetimes }) => {
      const active = lifetimes.filter(({ state }) => state === 'active');
      expect(active.map(({ key }) => key.privateJwe === null)).toEqual([false]);
    }));

  test('I4: they leave no private half but those of the active key and the standbys', () =>
    holds(everyDeed, ({ lifetimes }) => {
      const left = lifetimes.filter(({ key }) => key.privateJwe !== null).map(({ state }) => state);
      expect(left.filter((state) => state !== 'active' && state !== 'standby')).toEqual([]);
    }));

  test('I2: turns by hand that cross leave no key that was published for less than lead before its turn', () =>
    holds(['turnRings', 'turnNow'], ({ ring }) => {
      const leads = ring.filter(({ slot }) => slot > 0).map((key) => key.activatesAt - key.publishedAt);
      expect(leads.filter((lead) => lead < leadSeconds)).toEqual([]);
    }));

  test('I10: they make one key for each slot, without gaps', () =>
    holds(everyDeed, ({ ring }) => {
      const slots = ring.map(({ slot }) => slot).sort((left, right) => left - right);
      expect(slots).toEqual(ring.map((_, place) => place));
    }));
});

describe('N planners on the same rows, or on older ones, insert on conflict do nothing', () => {
  const planners = fc.array(fc.record({ stale: fc.nat(3), late: fc.nat(2) }), { minLength: 2, maxLength: 6 });

  test('I10: they make exactly one key for each (alg, slot), and leave nothing to publish', () => {
    fc.assert(
      fc.property(stories(), planners, fc.nat(), ({ policy: chosen, ...story }, nodes, place) => {
        const { versions, seconds } = unfold({ ...story, policy: chosen });
        const version = place % versions.length;
        const rows = versions[version] as Rows;
        const now = seconds.find((second) => second.versions.includes(version))?.now ?? 0;
        const plans = nodes.map(({ stale, late }) =>
          planRotation(versions[Math.max(0, version - stale)] as Rows, chosen, now + late),
        );
        const inserts = plans.flatMap((plan, node) =>
          plan.publish.map((planned) => newRow(planned, chosen.maxTokenSeconds, ` of node ${node}`)),
        );
        const after = inserts.reduce(insertRow, rows);
        const places = after.map(({ alg, slot }) => `${alg} ${slot}`);
        expect(new Set(places).size).toBe(places.length);
        expect(after.slice(0, rows.length)).toEqual(rows);
        const due = planRotation(rows, chosen, now).publish.map(({ alg, slot }) => `${alg} ${slot}`);
        const fresh = nodes.some(({ stale }) => stale === 0);
        if (fresh) expect(places).toEqual(expect.arrayContaining(due));
        if (fresh) expect(planRotation(after, chosen, now).publish).toEqual([]);
      }),
      runs(120),
    );
  });

  test('I10: nodes that start at once on a new database make two keys for each ring, whoever wins', async () => {
    const store = createBetterSqlite3Store(':memory:', { now: () => 1000, monotonicSeconds: () => 0 });
    const parts = { issuer: 'https://id.example.com', policy, store, vault: paperVault };
    const reports = await Promise.all(Array.from({ length: 8 }, () => turnRings(parts)));
    const { keys } = await store.readSigningKeys();
    expect(keys.map(({ alg, slot }) => `${alg} ${slot}`)).toEqual(
      signingAlgorithms.flatMap((alg) => [`${alg} 0`, `${alg} 1`]),
    );
    expect(reports.flatMap(({ published }) => published).length).toBe(keys.length);
    await store.close();
  });
});
