// `keyturn copy` between SQLite and a real Postgres, and back; `restore --in-place` on Postgres.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/adapters/database_url.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import type { Store } from '../../src/seams/store.ts';
import { createTemplate, loopbackIn, runCommand } from '../cli/in_process.ts';
import {
  addStanding,
  makeAuditEvent,
  makeConsent,
  makeInteraction,
  makeRefreshToken,
  now,
  startFamily,
} from '../contracts/records.ts';
import { databasePathIn, makeFolder } from '../running_server.ts';
import { type FreshDatabase, freshDatabase, hasPostgres } from './databases.ts';

const withStoreAt = async <Result>(url: string, work: (store: Store) => Promise<Result>): Promise<Result> => {
  const { store } = await openDatabase(url, systemClock, { connections: 2, patienceSeconds: 20 });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};
const keysIn = (url: string): Promise<readonly SigningKeyRecord[]> =>
  withStoreAt(url, async (store) => (await store.readSigningKeys()).keys);

/** Something in most tables, more rows than one step of the copy has in one of them, and what only JSON can hold. */
const fill = async (store: Store): Promise<void> => {
  await addStanding(store);
  await startFamily(store, 'family');
  const rotation = { tokenHash: 'family.0', usedAt: now, answer: 'sealed', successor: makeRefreshToken('family.1') };
  await store.rotateRefreshToken(rotation);
  await store.addInteraction(makeInteraction('waiting', { parameters: { state: ['"\\\u2028ü'], b: ['1'], a: ['2'] } }));
  await store.saveConsent(makeConsent());
  await store.addStatusList({ listId: 'list', secret: 'secret', places: 1024, expiresAt: now + 900 });
  await store.denyToken('jti', now + 600, { listId: 'list', turn: 3 });
  for (let turn = 0; turn < 250; turn += 1)
    await store.appendAudit(makeAuditEvent('sign_in.failed', { at: now + turn }));
};

describe.runIf(hasPostgres)('keyturn copy and Postgres', { timeout: 120_000 }, () => {
  let folder: string;
  let database: FreshDatabase;
  let template: Awaited<ReturnType<typeof createTemplate>>;
  beforeAll(async () => {
    folder = makeFolder();
    database = await freshDatabase('template0');
    template = await createTemplate(Math.floor(Date.now() / 1000) - 86_400);
    template.copyTo(folder);
  });
  afterAll(async () => {
    await database.remove();
  });
  const sqlite = (name = 'keyturn.sqlite'): string => `file:${join(folder, name)}`;
  const keyturn = (url: string, ...args: readonly string[]) =>
    runCommand(args, { environment: loopbackIn(folder, { KEYTURN_DATABASE_URL: url }) });

  test('there and back again every row is the same, and ids go on where they were', async () => {
    await withStoreAt(sqlite(), fill);
    copyFileSync(databasePathIn(folder), join(folder, 'before.sqlite'));
    const keys = await keysIn(sqlite());
    const there = await keyturn(sqlite(), 'copy', '--from', sqlite(), '--to', database.url, '--json');
    expect(there).toMatchObject({ code: 0, stderr: '' });
    const { tables } = JSON.parse(there.stdout);
    expect(tables).toContainEqual({ name: 'auditEvent', rows: expect.any(Number), sha256: expect.any(String) });
    expect(await keysIn(database.url)).toEqual(keys);
    expect((await keyturn(sqlite(), 'keys', 'list')).stderr).toMatch(/was copied to test_\w+ on .*which is served now/);
    expect(there.stdout + there.stderr).not.toContain('postgres://');

    await withStoreAt(database.url, async (store) => {
      const [last] = await store.listAudit({ limit: 1 });
      await store.appendAudit(makeAuditEvent('sign_in.succeeded'));
      expect((await store.listAudit({ limit: 1 }))[0]?.id).toBe((last?.id ?? 0) + 1);
    });
    const back = await keyturn(database.url, 'copy', '--from', database.url, '--to', sqlite('back.sqlite'), '--json');
    expect(back).toMatchObject({ code: 0, stderr: '' });
    const others = (copied: string) =>
      JSON.parse(copied).tables.filter(({ name }: { readonly name: string }) => name !== 'auditEvent');
    expect(others(back.stdout)).toEqual(others(there.stdout));
    expect(await keysIn(sqlite('back.sqlite'))).toEqual(keys);
    expect((await keyturn(database.url, 'keys', 'list')).stderr).toMatch(/was copied to .*back\.sqlite/);
  });

  test('a database that other sessions of its role have open is refused', async () => {
    const fresh = await freshDatabase('template0');
    const node = new pg.Client(fresh.url);
    await node.connect();
    const { code, stderr } = await keyturn(sqlite(), 'copy', '--from', sqlite('back.sqlite'), '--to', fresh.url);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/is in use: its role has other sessions/)]);
    await node.end();
    await fresh.remove();
  });

  test('a restore in place ends everything and makes new keys; a file is not restored to Postgres', async () => {
    const fresh = await freshDatabase('template0');
    expect(await keyturn(sqlite(), 'copy', '--from', sqlite('back.sqlite'), '--to', fresh.url)).toMatchObject({
      code: 0,
    });
    const before = (await keysIn(fresh.url)).map(({ kid }) => kid);
    const { code, stdout } = await keyturn(fresh.url, 'restore', '--in-place', '--json');
    expect([code, JSON.parse(stdout).ended.families]).toEqual([0, 1]);
    for (const { kid, revokedAt } of await keysIn(fresh.url)) expect(revokedAt !== null).toBe(before.includes(kid));
    const refused = await keyturn(fresh.url, 'restore', join(folder, 'before.sqlite'));
    expect(refused.stderr).toMatch(/KEYTURN_DATABASE_URL is Postgres.*--in-place/);
    expect((await keyturn(fresh.url, 'backup', join(folder, 'b.sqlite'))).stderr).toMatch(/pg_dump/);
    await fresh.remove();
  });

  test('of a table with a key of two columns each step goes on where the last one ended', async () => {
    const fresh = await freshDatabase('template0');
    const target = sqlite('of-consents.sqlite');
    expect(await keyturn(sqlite(), 'copy', '--from', sqlite('before.sqlite'), '--to', fresh.url)).toMatchObject({
      code: 0,
    });
    const admin = new pg.Client(fresh.url);
    await admin.connect();
    await admin.query(`alter database ${fresh.name} set enable_seqscan = off`);
    await admin.query(`insert into consent (sub, client_id, scope, claims, resources, granted_at)
      select 'user-' || n, 'app', '["openid"]', '[]', '[]', ${now} from generate_series(1, 3000) n`);
    await admin.end();
    expect(await keyturn(fresh.url, 'copy', '--from', fresh.url, '--to', target)).toMatchObject({ code: 0 });
    const reader = new pg.Client(fresh.url);
    await reader.connect();
    const { rows } = await reader.query(
      "select idx_tup_read::int as read from pg_stat_user_indexes where indexrelname = 'consent_sub_client_id_pk'",
    );
    await reader.end();
    // It is read twice: to be copied, and to be compared.
    expect(rows[0].read).toBeGreaterThan(2 * 3000);
    expect(rows[0].read).toBeLessThan(4 * 3000);
    await fresh.remove();
  });
});
