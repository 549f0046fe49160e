import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, test } from 'vitest';
import { openBetterSqlite3 } from '../../src/adapters/better_sqlite3_store.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { describeEveryStore } from '../contracts/every_store.ts';
import type { OpenStores } from '../contracts/opened_stores.ts';
import { addStanding, makeAuditEvent, makeRefreshToken, makeUser, now, startFamily } from '../contracts/records.ts';
import { createManualClock } from '../manual_clock.ts';
import { makeFolder } from '../running_server.ts';

let template: string;
beforeAll(async () => {
  template = join(makeFolder(), 'template.sqlite');
  await openBetterSqlite3(template, createManualClock(now)).store.close();
});

/** Of a database that has its tables and no row: making them takes longer than most tests. */
const freshPath = (): string => {
  const path = join(makeFolder(), 'db.sqlite');
  copyFileSync(template, path);
  return path;
};

const open: OpenStores = async (clock) => {
  const path = freshPath();
  const [first, other] = [openBetterSqlite3(path, clock), openBetterSqlite3(path, clock)];
  return {
    ...first,
    other,
    close: async () => {
      await first.store.close();
      await other.store.close();
    },
  };
};

describeEveryStore('better-sqlite3', open);

test('what cannot be recorded is not done', async () => {
  const path = freshPath();
  const { store } = openBetterSqlite3(path, createManualClock(now));
  await addStanding(store);
  const neighbour = new Database(path);
  neighbour.exec("create trigger full before insert on audit_event begin select raise(abort, 'no room'); end");
  const event = makeAuditEvent('user.locked');
  await expect(store.lockUser('ada', now, event)).rejects.toThrow('no room');
  await expect(store.endSession('desk', now, event)).rejects.toThrow('no room');
  expect(await store.findUser('ada')).toMatchObject({ lockedAt: null });
  expect(await store.findSessionBySid('desk')).toMatchObject({ endedAt: null });
  neighbour.close();
  await store.close();
});

describe('a better-sqlite3 store across a restart', () => {
  test('T084 T099: spent tokens are spent and allowances are used up after it', async () => {
    const [path, clock] = [freshPath(), createManualClock(now)];
    const before = openBetterSqlite3(path, clock);
    await addStanding(before.store);
    await startFamily(before.store, 'family');
    const rotation = { tokenHash: 'family.0', usedAt: now, answer: 'sealed', successor: makeRefreshToken('family.1') };
    await before.store.rotateRefreshToken(rotation);
    expect(await before.rateLimiter.take(['ada', { burst: 1, emissionSeconds: 60 }])).toBe(0);
    await before.store.close();

    const after = openBetterSqlite3(path, clock);
    const again = { ...rotation, successor: makeRefreshToken('thief') };
    expect(await after.store.rotateRefreshToken(again)).toBe(false);
    expect(await after.rateLimiter.take(['ada', { burst: 1, emissionSeconds: 60 }])).toBe(60);
    await after.store.close();
  });

  test('closing puts what was queued before it on disk', async () => {
    const [path, clock] = [freshPath(), createManualClock(now)];
    const before = openBetterSqlite3(path, clock).store;
    const queued = Array.from({ length: 20 }, (_, turn) => before.appendAudit(makeAuditEvent(`event-${turn}`)));
    await before.close();
    await Promise.all(queued);
    const after = openBetterSqlite3(path, clock).store;
    expect(await after.listAudit({ limit: 100 })).toHaveLength(20);
    await after.close();
  });

  test('a closed store answers that it is unavailable when written to', async () => {
    const { store } = openBetterSqlite3(':memory:', createManualClock(now));
    await store.close();
    await expect(store.addUser(makeUser('ada'))).rejects.toBeInstanceOf(StoreUnavailableError);
  });
});
