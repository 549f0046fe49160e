// A client with very many families is revoked, or removed, in writes that leave room for those of others.
import { expect, test } from 'vitest';
import { connect } from '../../src/adapters/better_sqlite3_connection.ts';
import { openSqliteDatabase } from '../../src/adapters/better_sqlite3_database.ts';
import type { Result, SqlConnection } from '../../src/adapters/sql_connection.ts';
import type { Step } from '../../src/adapters/sql_statement.ts';
import { composeSqlStore } from '../../src/adapters/sql_store.ts';
import type { NumericDate } from '../../src/seams/clock.ts';
import type { Store } from '../../src/seams/store.ts';
import { addStanding, makeClient, now, startFamily } from '../contracts/records.ts';
import { createManualClock } from '../manual_clock.ts';

const families = 1234;
const consents = 567;

/** @returns a store with a family of another client too, and how many rows each of its writes changed, of a second each. */
const fill = async () => {
  const clock = createManualClock(now);
  const client = openSqliteDatabase(':memory:');
  const connection = connect(client);
  const changed: number[] = [];
  const writeAll = connection.write as (...steps: readonly Step[]) => Promise<readonly Result<unknown>[] | undefined>;
  const write = async (...steps: readonly Step[]) => {
    const results = await writeAll(...steps);
    clock.advance(1);
    changed.push((results ?? []).reduce((sum, { changes }) => sum + changes, 0));
    return results;
  };
  const { store } = composeSqlStore({ ...connection, write: write as SqlConnection['write'] }, clock);
  await addStanding(store);
  await store.addClient(makeClient('other'));
  await startFamily(store, 'of-another', { clientId: 'other' });
  const numbers = 'with recursive number (n) as (select 1 union all select n + 1 from number where n < @most)';
  client
    .prepare(`${numbers} insert into token_family (family_id, client_id, sub, sid, scope, resource, auth_time, acr, amr,
        id_token_claims, userinfo_claims, offline, created_at, expires_at)
      select 'family-' || n, 'app', 'ada', 'desk', '[]', 'r', @now, '1', '[]', '[]', '[]', 1, @now, @now + 9 from number`)
    .run({ most: families, now });
  client
    .prepare(`${numbers} insert into consent (sub, client_id, scope, claims, resources, granted_at)
      select 'user-' || n, 'app', '[]', '[]', '[]', @now from number`)
    .run({ most: consents, now });
  changed.length = 0;
  const rowsIn = (table: string, where: string) => client.prepare(`select 1 from ${table} where ${where}`).all().length;
  return { store, clock, changed, mostRows: connection.mostRows, rowsIn };
};

const verbs: readonly (readonly [string, (store: Store, at: NumericDate) => Promise<boolean>])[] = [
  ['revoked', (store, at) => store.revokeClient('app', at)],
  ['removed', (store) => store.removeClient('app')],
];

test.each(verbs)(
  'a client with very many families that is %s keeps others from writing for a short time each',
  async (...verb) => {
    const { store, clock, changed, mostRows, rowsIn } = await fill();
    expect(await verb[1](store, clock.now())).toBe(true);
    // Each end is a change of its family, and an event.
    expect(Math.max(...changed)).toBeLessThanOrEqual(2 * mostRows);
    expect(rowsIn('token_family', 'ended_at is null')).toBe(1);
    expect(await store.findFamily('of-another')).toMatchObject({ endedAt: null });
    expect(rowsIn('audit_event', "type = 'family.ended'")).toBe(families);
    // Until the last write, and so what was issued meanwhile too.
    expect(rowsIn('revocation_mark', `kind = 'client_id' and not_before = ${clock.now() - 1}`)).toBe(1);
    expect(rowsIn('consent', 'true')).toBe(verb[0] === 'removed' ? 0 : consents);
    await store.close();
  },
);
