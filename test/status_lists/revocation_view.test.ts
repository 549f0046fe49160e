// What one node knows of revocation, read in steps that leave room for requests.
import { expect, test } from 'vitest';
import { createRevocationView } from '../../src/status_lists/revocation_view.ts';
import { now } from '../contracts/records.ts';
import { createManualClock } from '../manual_clock.ts';

const count = 54_321;

test('places revoked by the thousand are taken a few at a time, and told as a change when all are there', async () => {
  const record = { listId: 'list', secret: 'A'.repeat(43), places: 65_536, expiresAt: now + 900 };
  const versions: (number | undefined)[] = [];
  const view = createRevocationView({
    store: {
      readRevocations: async () => ({ lists: [record], turns: [{ id: 1, listId: 'list', turn: 7, count }], marks: [] }),
    },
    clock: createManualClock(now),
    retentionSeconds: () => 3600,
    polled: true,
    pause: async () => {
      versions.push(view.list('list')?.version);
    },
  });
  await view.refresh();
  expect(versions).toEqual([0, 0, 0, 0, 0]);
  const { bits, version } = view.list('list') ?? { bits: new Uint8Array(), version: undefined };
  expect(version).toBe(1);
  const revoked = bits.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
  expect(revoked).toBe(count);
});
