import { applyD1Migrations, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, inject, test } from 'vitest';
import { openD1 } from '../../src/adapters/d1.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import type { Clock } from '../../src/seams/clock.ts';
import { describeAuditStore } from '../contracts/audit_store.ts';
import { describeClientStore } from '../contracts/client_store.ts';
import { describeKeyEventStore } from '../contracts/key_event_store.ts';
import { describeKeySetReaderStore } from '../contracts/key_set_reader_store.ts';
import { describeLogoutDeliveryStore } from '../contracts/logout_delivery_store.ts';
import { describeRateLimiter } from '../contracts/rate_limiter.ts';
import { describeResourceStore } from '../contracts/resource_store.ts';
import { describeRestorationStore } from '../contracts/restoration_store.ts';
import { describeSessionStore } from '../contracts/session_store.ts';
import { describeSigningKeyStore } from '../contracts/signing_key_store.ts';
import { describeTokenStore } from '../contracts/token_store.ts';
import { describeUserStore } from '../contracts/user_store.ts';

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

const openStoreOnly = async (clock: Clock) => {
  const { store, other, close } = await open(clock);
  return { store, other: other.store, close };
};

const name = 'D1 in workerd';
describeUserStore(name, open);
describeRestorationStore(name, open);
describeSessionStore(name, open);
describeTokenStore(name, open);
describeAuditStore(name, open);
describeKeyEventStore(name, open);
describeKeySetReaderStore(name, open);
describeLogoutDeliveryStore(name, open);
describeRateLimiter(name, open);
describeClientStore(name, openStoreOnly);
describeResourceStore(name, openStoreOnly);
// The contract moves the database's clock, which D1 has to itself: all but that one reading is D1's.
describeSigningKeyStore(name, async (clock) => {
  const { store, other, close } = await openStoreOnly(clock);
  const atTheClocks = (real: typeof store): typeof store => ({
    ...real,
    readSigningKeys: async () => ({ ...(await real.readSigningKeys()), databaseNow: clock.now() }),
  });
  return { store: atTheClocks(store), other: atTheClocks(other), close };
});

describe("D1's own clock", () => {
  test('is the one that keys turn by, in whole seconds', async () => {
    const { store, close } = await open(systemClock);
    const { databaseNow } = await store.readSigningKeys();
    await close();
    expect(Math.abs(databaseNow - systemClock.now())).toBeLessThanOrEqual(1);
    expect(Number.isInteger(databaseNow)).toBe(true);
  });
});
