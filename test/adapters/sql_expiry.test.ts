import { expect, test } from 'vitest';
import { connect } from '../../src/adapters/better_sqlite3_connection.ts';
import { openSqliteDatabase } from '../../src/adapters/better_sqlite3_database.ts';
import type { Result, SqlConnection } from '../../src/adapters/sql_connection.ts';
import type { Step } from '../../src/adapters/sql_statement.ts';
import { composeSqlStore } from '../../src/adapters/sql_store.ts';

import { addStanding, makeAuditEvent, makeInteraction, now, startFamily } from '../contracts/records.ts';
import { createManualClock } from '../manual_clock.ts';

/** @returns a store, how many rows each of its writes changed, and how many families had no token after it. */
const watchWrites = () => {
  const client = openSqliteDatabase(':memory:');
  const connection = connect(client);
  const [changed, withoutToken]: [number[], unknown[]] = [[], []];
  const bare = client
    .prepare('select count(*) from token_family where family_id not in (select family_id from refresh_token)')
    .pluck();
  const writeAll = connection.write as (...steps: readonly Step[]) => Promise<readonly Result<unknown>[] | undefined>;
  const write = async (...steps: readonly Step[]) => {
    const results = await writeAll(...steps);
    changed.push((results ?? []).reduce((sum, { changes }) => sum + changes, 0));
    withoutToken.push(bare.get());
    return results;
  };
  const { store } = composeSqlStore({ ...connection, write: write as SqlConnection['write'] }, createManualClock(now));
  return { store, changed, withoutToken, mostRows: connection.mostRows };
};

test('what expired is deleted a few rows at a time, so that requests are answered in between', async () => {
  const { store, changed, mostRows } = watchWrites();
  const names = Array.from({ length: 2.5 * mostRows }, (_, turn) => `interaction-${turn}`);
  await Promise.all(names.map((name) => store.addInteraction(makeInteraction(name, { expiresAt: now - 1 }))));
  changed.length = 0;
  await store.removeExpired(now, now);
  expect(changed.filter((rows) => rows > 0)).toEqual([mostRows, mostRows, mostRows / 2]);
  await store.close();
});

test('families go with what is known of them, a few at a time, so that none is gone through for each of the others', async () => {
  const { store, changed, withoutToken, mostRows } = watchWrites();
  await addStanding(store);
  for (let family = 0; family < 2.5 * mostRows; family += 1)
    await startFamily(store, `family-${family}`, { expiresAt: now + (family % 7) });
  await store.endFamily('family-1', 'for the test', now);
  changed.length = 0;
  withoutToken.length = 0;
  await store.removeExpired(now + 2 * 86_400, now + 2 * 86_400);
  expect(changed.reduce((sum, rows) => sum + rows, 0)).toBeGreaterThanOrEqual(3 * 2.5 * mostRows);
  expect(Math.max(...changed)).toBeLessThanOrEqual(mostRows);
  expect(withoutToken).toEqual(withoutToken.map(() => 0));
  await store.close();
});

test('status lists and marks go a few rows at a time, however many tokens were revoked', async () => {
  const { store, changed, mostRows } = watchWrites();
  await addStanding(store);
  await store.addStatusList({ listId: 'list', secret: 'secret', places: 1024, expiresAt: now - 1 });
  for (let turn = 0; turn < 2.5 * mostRows; turn += 1) {
    await store.leaseTurns({ listId: 'list', turn }, 1, { clientId: 'app', tokensNotBefore: null });
    await store.denyToken(`token-${turn}`, now, { listId: 'list', turn });
  }
  changed.length = 0;
  await store.removeExpiredRevocations(now, now + 1);
  expect(await store.readRevocations(0, 0)).toEqual({ lists: [], turns: [], marks: [] });
  const inBits = [mostRows, mostRows, mostRows / 2];
  expect(changed).toEqual([...inBits, ...inBits, 1, ...inBits]);
  await store.close();
});

test('and so is what the audit log need not keep', async () => {
  const { store, changed, mostRows } = watchWrites();
  for (let event = 0; event < 2.5 * mostRows; event += 1)
    await store.appendAudit(makeAuditEvent('sign_in.failed', { at: now - 10 }));
  changed.length = 0;
  await store.removeAudit(['sign_in.failed'], now);
  expect(changed).toEqual([mostRows, mostRows, mostRows / 2]);
  await store.close();
});
