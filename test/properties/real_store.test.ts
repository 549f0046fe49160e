import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { ringOf } from '../../src/keys/lifecycle.ts';
import { type RotationParts, revokeKey, turnNow, turnRings } from '../../src/keys/rotation.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import { paperVault } from './paper_keys.ts';
import { runs } from './runs.ts';
import { type Act, type Story, steppingBack, stories } from './story.ts';
import { keyToRevoke, perform, secondsUntil, Unfolding } from './unfolding.ts';

vi.mock('../../src/keys/generate.ts', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  ...(await import('./paper_keys.ts')),
}));

const performForReal = async (act: Act, parts: RotationParts, now: number): Promise<void> => {
  if (act.kind === 'rotate') await turnNow(act.alg, parts);
  if (act.kind !== 'revoke') return;
  const { keys } = await parts.store.readSigningKeys();
  const key = keyToRevoke(ringOf(keys, act.alg), act.which, parts.policy, now);
  if (key !== undefined) await revokeKey(key.kid, 'a test', parts);
};

/** A row without what differs between a key of paper and a key of the model. */
const comparable = ({ kid: _kid, publicJwk: _publicJwk, privateJwe, ...rest }: SigningKeyRecord) => ({
  ...rest,
  hasPrivateHalf: privateJwe !== null,
});

/** Tells a story to the model of the properties and to the real store, side by side. */
const tellBoth = async ({ policy, events }: Story): Promise<void> => {
  const model = new Unfolding(policy);
  const store = createBetterSqlite3Store(':memory:', { now: () => model.now, monotonicSeconds: () => 0 });
  const parts = (): RotationParts => ({
    issuer: 'https://id.example.com',
    policy: model.policy,
    store,
    vault: paperVault,
  });
  const tick = async (): Promise<void> => {
    await turnRings(parts());
    model.tick();
  };
  await tick();
  for (const { moment, act } of events) {
    model.now += secondsUntil(model, moment);
    await tick();
    await performForReal(act, parts(), model.now);
    perform(model, act);
    const { keys } = await store.readSigningKeys();
    const rows = (['ES256', 'RS256'] as const).flatMap((alg) => model.ring(alg).toSorted((a, b) => a.slot - b.slot));
    expect(keys.map(comparable)).toEqual(rows.map(comparable));
  }
  await store.close();
};

describe('rotation.ts on better-sqlite3', () => {
  test('turns, revocations and changes of T leave the very rows that the properties reason about', () =>
    fc.assert(fc.asyncProperty(stories({ acts: steppingBack() }), tellBoth), runs(60)));
});
