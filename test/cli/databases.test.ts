import {
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { readConfig } from '../../src/config.ts';
import { openProvider } from '../../src/node.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import {
  addStanding,
  makeAuditEvent,
  makeCode,
  makeConsent,
  makeInteraction,
  startFamily,
} from '../contracts/records.ts';
import { databasePathIn } from '../running_server.ts';
import { createRecordedLog } from '../test_provider.ts';
import { asOneLine, createTemplate, runCommand } from './in_process.ts';
import { stoppedIssuer } from './stopped_issuer.ts';
import { withStoreIn } from './store_in_file.ts';

const template = await createTemplate(Math.floor(Date.now() / 1000) - 86_400);
const { issuer, keyturn } = stoppedIssuer(template);
const pathIn = (name: string): string => join(issuer.folder, name);
const database = (): string => databasePathIn(issuer.folder);

const keysIn = async (path = database()): Promise<readonly SigningKeyRecord[]> =>
  withStoreIn(path, async (store) => (await store.readSigningKeys()).keys);
const kidsIn = async (path = database(), which = (key: SigningKeyRecord) => key.revokedAt === null) =>
  (await keysIn(path)).filter(which).map(({ kid }) => kid);
const addPeople = (): Promise<void> =>
  withStoreIn(database(), async (store) => {
    await addStanding(store);
    await startFamily(store, 'family');
    await store.addAuthorizationCode(makeCode('unspent'));
    await store.addInteraction(makeInteraction('waiting'));
    await store.saveConsent(makeConsent());
    await store.appendAudit(makeAuditEvent('sign_in.succeeded', { details: { known: true, attempts: 2 } }));
  });
const leftovers = (): readonly string[] => readdirSync(issuer.folder).filter((name) => /partial|restoring/.test(name));

describe('keyturn backup', () => {
  test('copies a database that others have open, for its owner alone, sound and whole', async () => {
    await addPeople();
    await withStoreIn(database(), async () => {
      expect(await keyturn('backup', pathIn('b.sqlite'))).toMatchObject({ code: 0, stderr: '' });
    });
    expect(statSync(pathIn('b.sqlite')).mode & 0o777).toBe(0o600);
    const copy = new Database(pathIn('b.sqlite'), { readonly: true });
    expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(copy.prepare('SELECT kid FROM signing_key ORDER BY kid').pluck().all()).toEqual(
      [...(await kidsIn())].sort(),
    );
    expect(copy.prepare('SELECT family_id FROM token_family').pluck().all()).toEqual(['family']);
    copy.close();
    expect(leftovers()).toEqual([]);
  });

  test('overwrites nothing', async () => {
    writeFileSync(pathIn('b.sqlite'), 'mine');
    const { code, stderr } = await keyturn('backup', pathIn('b.sqlite'));
    expect([code, readFileSync(pathIn('b.sqlite'), 'utf8')]).toEqual([1, 'mine']);
    expect(stderr).toMatch(/b\.sqlite exists, and a backup overwrites nothing/);
  });

  test('a folder is not said to be in the way: a file in it has to be named', async () => {
    const { code, stderr } = await keyturn('backup', issuer.folder);
    expect([code, stderr]).toEqual([
      1,
      `keyturn: ${issuer.folder} is a folder. Name a new file in it for the backup.\n`,
    ]);
  });

  test('a link that leads nowhere, not even to nothing, is in the way as well', async () => {
    symlinkSync('b.sqlite', pathIn('b.sqlite'));
    expect(await keyturn('backup', pathIn('b.sqlite'))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/b\.sqlite exists, and a backup overwrites nothing/),
    });
  });

  test('a place where nothing can be made is named, not the database', async () => {
    const { code, stderr } = await keyturn('backup', pathIn('missing/b.sqlite'));
    expect(code).toBe(1);
    expect(stderr).toContain(`${pathIn('missing/b.sqlite')} could not be opened (ENOENT)`);
    expect(stderr).not.toContain(database());
  });

  test('is made beside what an earlier one of the same process number left, as in a container', async () => {
    const rest = `b.sqlite.partial-${process.pid}`;
    writeFileSync(pathIn(rest), 'killed');
    expect(await keyturn('backup', pathIn('b.sqlite'))).toMatchObject({ code: 0, stderr: '' });
    expect(leftovers()).toEqual([rest]);
  });

  test('I4: an erased private half is not in it', async () => {
    const [key] = await keysIn();
    await withStoreIn(database(), (store) => store.erasePrivateHalf(key?.kid ?? '', systemClock.now()));
    await keyturn('backup', pathIn('b.sqlite'));
    const bytes = readFileSync(pathIn('b.sqlite'));
    expect(bytes.includes(key?.kid ?? '')).toBe(true);
    expect(bytes.includes(key?.privateJwe?.slice(0, 300) ?? '')).toBe(false);
  });

  test('a damaged database is not backed up, and a missing one says so', async () => {
    const bytes = readFileSync(database());
    bytes.fill(0x5a, 4096, 3 * 4096);
    writeFileSync(database(), bytes);
    expect(await keyturn('backup', pathIn('b.sqlite'))).toMatchObject({ code: 1 });
    expect(existsSync(pathIn('b.sqlite'))).toBe(false);
    expect(leftovers()).toEqual([]);
    issuer.environment = { ...issuer.environment, KEYTURN_DATABASE_URL: 'file:/nowhere.sqlite' };
    expect((await keyturn('backup', pathIn('b.sqlite'))).stderr).toMatch(/There is no database at \/nowhere/);
  });

  test('a backup is not served by another name; the message says how it is put in place', async () => {
    await keyturn('backup', pathIn('b.sqlite'));
    copyFileSync(pathIn('b.sqlite'), pathIn('other.sqlite'));
    issuer.environment = { ...issuer.environment, KEYTURN_DATABASE_URL: `file:${pathIn('other.sqlite')}` };
    const { code, stderr } = await keyturn('keys', 'list');
    expect(code).toBe(1);
    expect(stderr).toMatch(/other\.sqlite is a backup, made 20.*Put it in place with "npx keyturn restore"/);
  });
});

describe('keyturn restore', () => {
  test('F15: everybody is signed out, every key of the backup is revoked, what was there before is kept', async () => {
    await addPeople();
    const before = await kidsIn();
    await keyturn('backup', pathIn('b.sqlite'));
    const { code, stdout } = await keyturn('restore', pathIn('b.sqlite'), '--json');
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      ended: { families: 1, sessions: 1, codes: 1, interactions: 1 },
      nothing_else_revoked: false,
      backup_at: expect.any(Number),
    });
    expect([...report.revoked_kids].sort()).toEqual([...before].sort());
    expect(await kidsIn(report.aside)).toEqual(before);
    await withStoreIn(database(), async (store) => {
      expect(await store.findFamily('family')).toMatchObject({ endReason: 'database_restored' });
      expect(await store.listAudit({ type: 'database.restored', limit: 2 })).toHaveLength(1);
    });
    expect(await kidsIn(pathIn('keyturn.sqlite'), ({ revokedAt }) => revokedAt !== null)).toHaveLength(before.length);
    expect(statSync(database()).mode & 0o777).toBe(0o600);
    expect(leftovers()).toEqual([]);
  });

  test.each([
    ['', 'There is no file ""'],
    ['https://api.example.com', 'There is no file'],
    ['.', 'This is no file'],
  ])('what is no file is no backup: %j', async (named, message) => {
    const before = readFileSync(database());
    const { code, stderr } = await keyturn('restore', named);
    expect([code, stderr.replaceAll('\n', ' ')]).toEqual([1, expect.stringContaining(message)]);
    expect(readFileSync(database())).toEqual(before);
  });

  test('to a folder that is not there yet, as on a new machine, it is made; below a file, that is said', async () => {
    await keyturn('backup', pathIn('b.sqlite'));
    const restoreTo = (path: string) =>
      runCommand(['restore', pathIn('b.sqlite')], {
        environment: { ...issuer.environment, KEYTURN_DATABASE_URL: `file:${path}` },
      });
    expect(await restoreTo(pathIn('b.sqlite/keyturn.sqlite'))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/could not be opened \((?:ENOTDIR|EEXIST)\)\. A part of the path is not a folder/),
    });
    expect(await restoreTo(pathIn('new/folder/keyturn.sqlite'))).toMatchObject({ code: 0, stderr: '' });
    expect((await kidsIn(pathIn('new/folder/keyturn.sqlite'))).length).toBeGreaterThan(0);
    expect(statSync(pathIn('new')).mode & 0o777).toBe(0o700);
  });

  test('what a killed restore of the same process number left is removed, as in a container', async () => {
    await keyturn('backup', pathIn('b.sqlite'));
    writeFileSync(`${database()}.restoring-${process.pid}`, 'killed');
    expect(await keyturn('restore', pathIn('b.sqlite'))).toMatchObject({ code: 0, stderr: '' });
    expect(leftovers()).toEqual([]);
  });

  test('it says when the backup was made, until when what is accepted, and what is left to do', async () => {
    await keyturn('backup', pathIn('b.sqlite'));
    const trusting = asOneLine((await keyturn('restore', pathIn('b.sqlite'), '--nothing-revoked-since')).stdout);
    expect(trusting).toMatch(/No key was revoked\. Access tokens from before the restore are accepted until/);
    const strict = asOneLine((await keyturn('restore', pathIn('b.sqlite'))).stdout);
    expect(strict).toMatch(/Restored .*b\.sqlite, made 20.* What was there before is kept as .*before-restore-/);
    expect(strict).toMatch(/At worst a token from before the restore is accepted until .* whoever obeys Cache-Control/);
    expect(strict).toMatch(/To do: the database knows nothing of what came after 20/);
  });

  test('a key that was revoked after the backup stays so by the word of the database that is replaced', async () => {
    await keyturn('backup', pathIn('b.sqlite'));
    const [kid = ''] = await kidsIn();
    await keyturn('keys', 'revoke', kid);
    const { stdout } = await keyturn('restore', pathIn('b.sqlite'), '--nothing-revoked-since', '--json');
    expect(JSON.parse(stdout).revoked_kids).toEqual([kid]);
    expect(await kidsIn()).not.toContain(kid);
  });

  test('after a lost disk a revoked key is named with --revoked, by its beginning too; a kid that there is not is refused', async () => {
    await keyturn('backup', pathIn('b.sqlite'));
    const [kid = ''] = await kidsIn();
    issuer.environment = { ...issuer.environment, KEYTURN_DATABASE_URL: `file:${pathIn('new.sqlite')}` };
    const unknown = await keyturn('restore', pathIn('b.sqlite'), '--nothing-revoked-since', '--revoked', 'no-such-key');
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('No key has the kid') });
    expect(existsSync(pathIn('new.sqlite'))).toBe(false);
    const named = ['--nothing-revoked-since', `--revoked=${kid.slice(0, 12)}`, '--json'];
    const { stdout } = await keyturn('restore', pathIn('b.sqlite'), ...named);
    expect(JSON.parse(stdout)).toMatchObject({ revoked_kids: [kid], aside: null });
  });

  test('a database that is in use is refused, and stays as it was', async () => {
    await keyturn('backup', pathIn('b.sqlite'));
    const before = await kidsIn();
    await withStoreIn(database(), async () => {
      const { code, stderr } = await keyturn('restore', pathIn('b.sqlite'));
      expect([code, stderr]).toEqual([1, expect.stringMatching(/is in use\. Stop the server/)]);
    });
    expect(await kidsIn()).toEqual(before);
    expect(leftovers()).toEqual([]);
  });

  test.each([
    ['no database', (path: string) => writeFileSync(path, 'x'.repeat(8192)), /SQLITE_NOTADB/],
    [
      'another database',
      (path: string) => new Database(path).exec('CREATE TABLE t (x)').close(),
      /no backup of an issuer/,
    ],
    ['not there', () => undefined, /There is no file/],
    ['a circle of links', (path: string) => symlinkSync(path, path), /could not be opened \(ELOOP\)/],
  ])('what is %s is refused, and the database stays as it was', async (_, make, expected) => {
    const before = await kidsIn();
    make(pathIn('b.sqlite'));
    const { code, stderr } = await keyturn('restore', pathIn('b.sqlite'));
    expect([code, stderr]).toEqual([1, expect.stringMatching(expected)]);
    expect(await kidsIn()).toEqual(before);
    expect(leftovers()).toEqual([]);
  });

  test('the backup of another issuer, and one that the ring cannot open, are refused', async () => {
    await (await openProvider(readConfig(issuer.environment), createRecordedLog())).store.close();
    await keyturn('backup', pathIn('b.sqlite'));
    const own = issuer.environment;
    issuer.environment = { ...own, KEYTURN_ISSUER: 'https://other.example.com' };
    const others = await keyturn('restore', pathIn('b.sqlite'));
    expect([others.code, others.stderr]).toEqual([1, expect.stringMatching(/The backup is of the issuer http:/)]);
    const ring = JSON.stringify({ keys: [{ kty: 'oct', kid: 'other', k: Buffer.alloc(32, 7).toString('base64url') }] });
    issuer.environment = { ...own, KEYTURN_KEK_RING: ring };
    const { code, stderr } = await keyturn('restore', pathIn('b.sqlite'), '--nothing-revoked-since');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/key-encryption key|KEK/i)]);
    expect(leftovers()).toEqual([]);
  });

  test('a damaged database is moved away by hand first: nobody can tell whether it is in use', async () => {
    await keyturn('backup', pathIn('b.sqlite'));
    writeFileSync(database(), 'x'.repeat(8192));
    const { code, stderr } = await keyturn('restore', pathIn('b.sqlite'));
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/is damaged, so that it cannot be told.*move .*elsewhere/),
    ]);
    renameSync(database(), pathIn('damaged'));
    writeFileSync(`${database()}-wal`, 'x');
    rmSync(`${database()}-shm`, { force: true });
    expect((await keyturn('restore', pathIn('b.sqlite'))).stderr).toMatch(/keyturn\.sqlite-wal is in the way/);
    renameSync(`${database()}-wal`, pathIn('damaged-wal'));
    expect(await keyturn('restore', pathIn('b.sqlite'))).toMatchObject({ code: 0 });
    expect(leftovers()).toEqual([]);
  });

  test('a database behind a symbolic link is replaced where it is', async () => {
    mkdirSync(pathIn('volume'));
    await keyturn('backup', pathIn('b.sqlite'));
    renameSync(database(), pathIn('volume/k.sqlite'));
    symlinkSync(pathIn('volume/k.sqlite'), database());
    const before = await kidsIn();
    expect((await keyturn('restore', pathIn('b.sqlite'))).code).toBe(0);
    expect(lstatSync(database()).isSymbolicLink()).toBe(true);
    expect((await kidsIn(pathIn('volume/k.sqlite'))).filter((kid) => before.includes(kid))).toEqual([]);
  });

  test.runIf(process.getuid?.() === 0)('by root leaves the database to the server’s user', async () => {
    await keyturn('backup', pathIn('b.sqlite'));
    chownSync(database(), 4711, 4711);
    expect(await keyturn('restore', pathIn('b.sqlite'))).toMatchObject({ code: 0 });
    expect(statSync(database()).uid).toBe(4711);
  });

  test('--in-place does the same to a database that was put back by other means', async () => {
    await addPeople();
    const before = await kidsIn();
    await keyturn('backup', pathIn('b.sqlite'));
    copyFileSync(pathIn('b.sqlite'), database());
    const { code, stdout } = await keyturn('restore', '--in-place', '--json');
    expect([code, JSON.parse(stdout).ended.families]).toEqual([0, 1]);
    expect((await kidsIn()).filter((kid) => before.includes(kid))).toEqual([]);
    expect(await keyturn('restore', '--in-place', pathIn('b.sqlite'))).toMatchObject({ code: 1 });
  });

  test('a process that waited for the database while it was replaced opens the new one', async () => {
    await keyturn('backup', pathIn('b.sqlite'));
    // The old file by another name too, as it is afterwards.
    linkSync(database(), pathIn('old.sqlite'));
    const before = await kidsIn();
    const [restored, opened] = await Promise.all([
      keyturn('restore', pathIn('b.sqlite')),
      keyturn('keys', 'list', '--json'),
    ]);
    expect([restored.code, opened.code]).not.toContain(70);
    if (restored.code === 0) expect((await kidsIn()).filter((kid) => before.includes(kid))).toEqual([]);
  });
});
