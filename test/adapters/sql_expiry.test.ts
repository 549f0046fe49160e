import { expect, test } from 'vitest';
import { connect } from '../../src/adapters/better_sqlite3_connection.ts';
import { openSqliteDatabase } from '../../src/adapters/better_sqlite3_database.ts';
import type { Result, SqlConnection } from '../../src/adapters/sql_connection.ts';
import type { Step } from '../../src/adapters/sql_statement.ts';
import { composeSqlStore } from '../../src/adapters/sql_store.ts';

import { makeAuditEvent, makeInteraction, now } from '../contracts/records.ts';
import { createManualClock } from '../manual_clock.ts';

/** @returns a store, and how many rows each of its writes changed. */
const watchWrites = () => {
  const connection = connect(openSqliteDatabase(':memory:'));
  const changed: number[] = [];
  const writeAll = connection.write as (...steps: readonly Step[]) => Promise<readonly Result<unknown>[] | undefined>;
  const write = async (...steps: readonly Step[]) => {
    const results = await writeAll(...steps);
    changed.push((results ?? []).reduce((sum, { changes }) => sum + changes, 0));
    return results;
  };
  const { store } = composeSqlStore({ ...connection, write: write as SqlConnection['write'] }, createManualClock(now));
  return { store, changed, mostRows: connection.mostRows };
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

test('and so is what the audit log need not keep', async () => {
  const { store, changed, mostRows } = watchWrites();
  for (let event = 0; event < 2.5 * mostRows; event += 1)
    await store.appendAudit(makeAuditEvent('sign_in.failed', { at: now - 10 }));
  changed.length = 0;
  await store.removeAudit(['sign_in.failed'], now);
  expect(changed).toEqual([mostRows, mostRows, mostRows / 2]);
  await store.close();
});
