// A migration runs while nodes of the version before go on: it takes tables in the order in which a refresh does, and waits
// for it instead of meeting it half way.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migratePostgres } from '../../src/adapters/postgres_migrations.ts';
import { type FreshDatabase, freshDatabase, hasPostgres } from './databases.ts';

const undoLast = `
  alter table refresh_token drop column tells_family;
  alter table token_family drop column secret_hash;
  delete from __drizzle_migrations where created_at = (select max(created_at) from __drizzle_migrations)`;

const waitsForLock = 'select 1 from pg_locks where not granted and pid = $1';

describe.runIf(hasPostgres)('a migration beside a refresh', () => {
  let database: FreshDatabase;
  const sessions: pg.Client[] = [];
  const connect = async (): Promise<pg.Client> => {
    const session = new pg.Client({ connectionString: database.url });
    sessions.push(session);
    await session.connect();
    return session;
  };
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(async () => {
    for (const session of sessions) await session.end();
    await database.remove();
  });

  test('waits for the refresh, which ends as it would have', async () => {
    const [refresh, migration, onlooker] = [await connect(), await connect(), await connect()];
    await refresh.query(undoLast);
    await refresh.query("begin; set local lock_timeout = '2s'");
    await refresh.query('select family_id from token_family for update');
    const { rows } = await migration.query<{ pid: number }>('select pg_backend_pid() as pid');
    const migrated = migratePostgres(migration);
    while ((await onlooker.query(waitsForLock, [rows[0]?.pid])).rowCount === 0);
    await refresh.query('update refresh_token set used_at = 1');
    await refresh.query('commit');
    await migrated;
    const added = await onlooker.query('select tells_family, secret_hash from refresh_token, token_family');
    expect(added.fields.map(({ name }) => name)).toEqual(['tells_family', 'secret_hash']);
  });
});
