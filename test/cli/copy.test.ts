// `keyturn copy`, and what becomes of the database that was copied.
import { readdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { addStanding, makeAuditEvent, startFamily } from '../contracts/records.ts';
import { databasePathIn } from '../running_server.ts';
import { createTemplate, runCommand } from './in_process.ts';
import { stoppedIssuer } from './stopped_issuer.ts';
import { withStoreIn } from './store_in_file.ts';

const template = await createTemplate(Math.floor(Date.now() / 1000) - 86_400);
const { issuer, keyturn } = stoppedIssuer(template);
const pathIn = (name: string): string => join(issuer.folder, name);
const database = (): string => databasePathIn(issuer.folder);
const from = (): string => `file:${database()}`;
const to = (): string => `file:${pathIn('copy.sqlite')}`;

const keysIn = (path = database()) => withStoreIn(path, async (store) => (await store.readSigningKeys()).keys);
const addPeople = (): Promise<void> =>
  withStoreIn(database(), async (store) => {
    await addStanding(store);
    await startFamily(store, 'family');
    await store.appendAudit(makeAuditEvent('sign_in.succeeded', { details: { known: true, attempts: 2 } }));
  });

test('every row is in the new database, which signs with the same keys; the old one is not served any more', async () => {
  await addPeople();
  const rows = new Database(database(), { readonly: true });
  const before = rows.prepare('SELECT * FROM audit_event').all();
  rows.close();
  const keys = await keysIn();
  const { code, stdout } = await keyturn('copy', '--from', from(), '--to', to(), '--json');
  expect(code).toBe(0);
  const { tables } = JSON.parse(stdout);
  expect(tables).toHaveLength(20);
  expect(tables).toContainEqual({ name: 'tokenFamily', rows: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(await keysIn(pathIn('copy.sqlite'))).toEqual(keys);
  const copied = new Database(pathIn('copy.sqlite'), { readonly: true });
  expect(copied.prepare('SELECT * FROM audit_event').all()).toEqual(before);
  copied.close();
  expect((await keyturn('keys', 'list')).stderr).toMatch(/was copied to .*copy\.sqlite.*which is served now/);
  issuer.environment = { ...issuer.environment, KEYTURN_DATABASE_URL: to() };
  expect((await keyturn('keys', 'list')).code).toBe(0);
});

test('a target with anything in it is refused, and so is a database in use, or none', async () => {
  const full = `file:${pathIn('full.sqlite')}`;
  await withStoreIn(pathIn('full.sqlite'), (store) => addStanding(store));
  expect((await keyturn('copy', '--from', from(), '--to', full)).stderr).toMatch(/full\.sqlite is not empty/);
  await withStoreIn(database(), async () => {
    expect((await keyturn('copy', '--from', from(), '--to', to())).stderr).toMatch(/is in use/);
  });
  const nothing = `file:${pathIn('nothing.sqlite')}`;
  expect((await keyturn('copy', '--from', nothing, '--to', to())).stderr).toMatch(/There is no database/);
  symlinkSync(database(), pathIn('link.sqlite'));
  const link = `file:${pathIn('link.sqlite')}`;
  expect((await keyturn('copy', '--from', from(), '--to', link)).stderr).toMatch(/name the same database/);
  expect(await keyturn('copy', '--from', 'mysql://x', '--to', to())).toMatchObject({ code: 2 });
  expect((await keyturn('keys', 'list')).code).toBe(0);
});

test('one that came to its end is told so when it is given again, and nothing is changed', async () => {
  expect((await keyturn('copy', '--from', from(), '--to', to())).code).toBe(0);
  const keys = await keysIn(pathIn('copy.sqlite'));
  const { code, stderr } = await keyturn('copy', '--from', from(), '--to', to());
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/was copied to \S+copy\.sqlite already, to its end\. Serve that one/),
  ]);
  expect(await keysIn(pathIn('copy.sqlite'))).toEqual(keys);
  const backup = await keyturn('backup', pathIn('b.sqlite'));
  expect([backup.code, backup.stderr]).toEqual([1, expect.stringMatching(/was copied to .* which is served now/)]);
  expect(readdirSync(issuer.folder).filter((name) => /^b\.sqlite|partial/.test(name))).toEqual([]);
});

test('a backup is not copied: it would revive what ended', async () => {
  await keyturn('backup', pathIn('b.sqlite'));
  const { code, stderr } = await keyturn('copy', '--from', `file:${pathIn('b.sqlite')}`, '--to', to());
  expect([code, stderr]).toEqual([1, expect.stringMatching(/is a backup/)]);
});

test('an unfinished copy is not served, and is begun anew by the same command', async () => {
  await addPeople();
  await withStoreIn(pathIn('copy.sqlite'), (store) => addStanding(store));
  const target = new Database(pathIn('copy.sqlite'));
  target.prepare("INSERT INTO database_copy VALUES (1, 'unfinished', 0, ?)").run(database());
  target.close();
  const served = await runCommand(['keys', 'list'], {
    environment: { ...issuer.environment, KEYTURN_DATABASE_URL: to() },
  });
  expect(served.stderr).toMatch(/did not come to its end/);
  expect((await keyturn('copy', '--from', from(), '--to', to())).code).toBe(0);
  expect(await keysIn(pathIn('copy.sqlite'))).toHaveLength(4);
});

test('a backup is not restored over a database that was moved: both would be served', async () => {
  const backup = pathIn('b.sqlite');
  await keyturn('backup', backup);
  await keyturn('copy', '--from', from(), '--to', to());
  const { code, stderr } = await keyturn('restore', backup, '--nothing-revoked-since');
  expect([code, stderr]).toEqual([1, expect.stringMatching(/was copied to .*copy\.sqlite.*which is served now/)]);
  expect(stderr).toContain(`If that one is lost, move ${database()} elsewhere and restore again.`);
  expect((await keyturn('keys', 'list')).stderr).toMatch(/which is served now/);
  renameSync(database(), pathIn('moved.sqlite'));
  expect((await keyturn('restore', backup)).code).toBe(0);
});
