// The database of the simulation is held to what every store is held to.
import { describe, expect, test } from 'vitest';
import { createKeyDatabase } from '../../src/simulation/key_database.ts';
import { createVirtualTime, type VirtualTime } from '../../src/simulation/virtual_time.ts';
import { describeSigningKeyStore } from '../contracts/signing_key_store.ts';

describeSigningKeyStore('the memory of a simulation', (clock) => {
  const time: VirtualTime = { ...createVirtualTime(), now: () => clock.now() };
  const { store } = createKeyDatabase(time);
  return Promise.resolve({ store, other: store, close: () => Promise.resolve() });
});

describe('failover', () => {
  test('the replica lacks what was written in the last seconds, and nothing else', async () => {
    const time = createVirtualTime();
    const database = createKeyDatabase(time);
    const publish = (slot: number) =>
      database.store.publishSigningKey({
        ...{ alg: 'ES256', slot, kid: `kid-${slot}`, publicJwk: {}, privateJwe: 'jwe' },
        ...{ publishedAt: time.now(), activatesAt: time.now(), longestTokenSeconds: 1 },
      });
    time.at(100, () => publish(0));
    time.at(108, () => publish(1));
    time.at(110, () => database.failOver(5));
    await time.run(120);
    expect(database.rows().map(({ kid }) => kid)).toEqual(['kid-0']);
  });
});
