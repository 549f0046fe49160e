import { applyD1Migrations, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, inject, test } from 'vitest';
import { openD1 } from '../../src/adapters/d1.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import type { Clock } from '../../src/seams/clock.ts';
import { describeEveryStore, storesOf } from '../contracts/every_store.ts';

declare module 'vitest' {
  interface ProvidedContext {
    migrations: readonly { readonly name: string; readonly queries: string[] }[];
  }
}

/** Two isolates have a binding each; both stand for one database. */
const open = async (clock: Clock) => {
  const { DB } = env as unknown as { readonly DB: D1Database };
  await applyD1Migrations(DB, [...inject('migrations')]);
  const [first, other] = [openD1(DB, clock), openD1(DB, clock)];
  return { ...first, other, close: () => reset() };
};

/** The contract moves the database's clock, which D1 has to itself: all but that one reading is D1's. */
const openKeys = async (clock: Clock) => {
  const { store, other, close } = await storesOf(open)(clock);
  const atTheClocks = (real: typeof store): typeof store => ({
    ...real,
    readSigningKeys: async () => ({ ...(await real.readSigningKeys()), databaseNow: clock.now() }),
  });
  return { store: atTheClocks(store), other: atTheClocks(other), close };
};

describeEveryStore('D1 in workerd', open, { openKeys });

describe("D1's own clock", () => {
  test('is the one that keys turn by, in whole seconds', async () => {
    const { store, close } = await open(systemClock);
    const { databaseNow } = await store.readSigningKeys();
    await close();
    expect(Math.abs(databaseNow - systemClock.now())).toBeLessThanOrEqual(1);
    expect(Number.isInteger(databaseNow)).toBe(true);
  });
});
