import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { inspectSqliteDatabase, openSqliteDatabase } from '../../src/adapters/better_sqlite3_database.ts';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { OperatorError } from '../../src/errors.ts';
import type { NewSigningKey } from '../../src/seams/signing_key_store.ts';
import { makeFolder } from '../running_server.ts';

const newPath = (): string => join(makeFolder(), 'db.sqlite');

const resourceColumns =
  'resource (resource, scope, access_token_seconds, access_token_signing_alg, claims, created_at)';
const migrations = readdirSync(new URL('../../drizzle/sqlite/', import.meta.url)).filter((name) =>
  name.endsWith('.sql'),
).length;

const now = 1_800_000_000;
const openStore = (path: string) => createBetterSqlite3Store(path, { now: () => now, monotonicSeconds: () => 0 });

const keyWith = (slot: number, privateJwe: string): NewSigningKey => ({
  alg: 'ES256',
  slot,
  kid: `kid-${slot}`,
  publicJwk: { kty: 'EC' },
  privateJwe,
  publishedAt: now,
  activatesAt: now,
  longestTokenSeconds: 600,
});

/** A database with keys enough for several pages, closed as it should be. */
const makeDatabase = async (): Promise<string> => {
  const path = newPath();
  const store = openStore(path);
  for (let slot = 0; slot < 12; slot += 1) await store.publishSigningKey(keyWith(slot, 'x'.repeat(2000)));
  await store.close();
  return path;
};

describe('an open database', () => {
  test.each([':memory:', 'a file'])('runs with the settings that keep acknowledged commits: %s', (where) => {
    const path = where === ':memory:' ? where : newPath();
    const client = openSqliteDatabase(path);
    const pragma = (name: string) => client.pragma(name, { simple: true });
    expect(['synchronous', 'foreign_keys', 'secure_delete'].map(pragma)).toEqual([2, 1, 1]);
    expect(pragma('busy_timeout')).toBe(2000);
    expect(pragma('journal_mode')).toBe(path === ':memory:' ? 'memory' : 'wal');
    client.close();
  });

  test('keeps these settings after it has written', async () => {
    const path = newPath();
    const client = openSqliteDatabase(path);
    client.prepare(`INSERT INTO ${resourceColumns} VALUES ('urn:a', '[]', 1, 'ES256', '{}', 1)`).run();
    expect(client.pragma('synchronous', { simple: true })).toBe(2);
    client.close();
  });

  test('is readable by its owner alone, and so are the files beside it', () => {
    const umask = process.umask(0o022);
    const path = newPath();
    const client = openSqliteDatabase(path);
    client.prepare(`INSERT INTO ${resourceColumns} VALUES ('urn:a', '[]', 1, 'ES256', '{}', 1)`).run();
    const modes = readdirSync(dirname(path)).map((name) => [name, statSync(join(dirname(path), name)).mode & 0o777]);
    expect(modes).toEqual(['db.sqlite', 'db.sqlite-shm', 'db.sqlite-wal'].map((name) => [name, 0o600]));
    client.close();
    process.umask(umask);
  });

  test('is made with its folder, which is closed to others', () => {
    const path = join(dirname(newPath()), 'new', 'folder', 'db.sqlite');
    openSqliteDatabase(path).close();
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  });
});

describe('a database that is made', () => {
  test('is no empty file at any moment: one that is was emptied', async () => {
    const [path, count] = [newPath(), 60];
    const url = new URL('../../src/adapters/better_sqlite3_database.ts', import.meta.url).href;
    const making = `
      import { openSqliteDatabase } from ${JSON.stringify(url)};
      for (let file = 0; file < ${count}; file += 1) openSqliteDatabase(${JSON.stringify(path)} + file).close();
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', making], { stdio: 'inherit' });
    const ended = once(child, 'close');
    const empty: number[] = [];
    for (let file = 0; file < count && child.exitCode === null; ) {
      const found = statSync(path + file, { throwIfNoEntry: false });
      if (found?.size === 0 && empty.at(-1) !== file) empty.push(file);
      if (found !== undefined && found.size > 0) file += 1;
      else await new Promise((look) => setImmediate(look));
    }
    expect(await ended).toEqual([0, null]);
    expect(empty).toEqual([]);
    expect(readdirSync(dirname(path))).toHaveLength(count);
  }, 60_000);
});

describe('a file system without links', () => {
  test('has a database all the same', async () => {
    const path = newPath();
    const url = new URL('../../src/adapters/better_sqlite3_database.ts', import.meta.url).href;
    const making = `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      fs.linkSync = () => {
        throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' });
      };
      syncBuiltinESMExports();
      const { openSqliteDatabase } = await import(${JSON.stringify(url)});
      openSqliteDatabase(${JSON.stringify(path)}).close();
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', making], { stdio: 'inherit' });
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(readdirSync(dirname(path))).toEqual(['db.sqlite']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(inspectSqliteDatabase(path)).toMatchObject({ complaints: [], pendingMigrations: 0 });
  });
});

describe('a file that cannot be used is an OperatorError with advice, and nothing is changed', () => {
  /** @returns the message. */
  const refusalOf = (path: string): string => {
    try {
      openSqliteDatabase(path);
    } catch (error) {
      expect(error).toBeInstanceOf(OperatorError);
      return (error as OperatorError).message;
    }
    throw new Error('it was opened');
  };

  const expectUntouched = (path: string, advice: RegExp): void => {
    const before = readFileSync(path);
    expect(refusalOf(path)).toMatch(advice);
    expect(readFileSync(path).equals(before)).toBe(true);
  };

  test('no database', () => {
    const path = newPath();
    writeFileSync(path, 'Once upon a time there was no database here. '.repeat(100));
    expectUntouched(path, /is not an SQLite database\. Nothing was changed\. Name another file, or restore a backup\./);
  });

  test('a page overwritten', async () => {
    const path = await makeDatabase();
    const bytes = readFileSync(path);
    const pages = bytes.length / 4096;
    expect(pages).toBeGreaterThan(6);
    const rootPage = new Database(path, { readonly: true })
      .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'signing_key'")
      .pluck()
      .get() as number;
    bytes.fill(0xa5, (rootPage - 1) * 4096, rootPage * 4096);
    writeFileSync(path, bytes);
    expectUntouched(path, /damaged.*Nothing was changed\. Restore it from a backup\./);
  });

  test('the second half missing', async () => {
    const path = await makeDatabase();
    truncateSync(path, 4096 * 3);
    expectUntouched(path, /damaged.*Restore it from a backup\./);
  });

  test('F16: the end of the last page missing, which SQLite reads as zeros', async () => {
    const path = await makeDatabase();
    truncateSync(path, statSync(path).size - 1);
    expectUntouched(path, /damaged.*in the middle of a page.*Restore it from a backup\./);
    expect(inspectSqliteDatabase(path).complaints).toEqual([expect.stringContaining('in the middle of a page')]);
  });

  test('a folder', () => {
    expect(refusalOf(dirname(newPath()))).toContain('it is a folder, and no file. Name an SQLite database.');
  });

  test('a path through a file', () => {
    const file = newPath();
    writeFileSync(file, 'in the way');
    expect(refusalOf(join(file, 'db.sqlite'))).toContain('A part of the path is not a folder. Name another file.');
    expect(refusalOf(join(file, 'folder', 'db.sqlite'))).toContain('A part of the path is not a folder.');
    expect(readFileSync(file, 'utf8')).toBe('in the way');
  });
});

describe('migrations', () => {
  test('F18: a database that a newer version has already extended opens, and loses nothing', async () => {
    const path = await makeDatabase();
    const newer = new Database(path);
    newer.exec('ALTER TABLE client ADD COLUMN added_later text');
    newer.exec("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('later', 9999999999999)");
    newer.exec('CREATE TABLE added_later (id integer)');
    newer.close();
    const store = openStore(path);
    expect((await store.readSigningKeys()).keys.length).toBe(12);
    await store.close();
    const after = new Database(path, { readonly: true });
    expect(after.prepare('SELECT count(*) FROM __drizzle_migrations').pluck().get()).toBe(migrations + 1);
    expect(after.prepare('SELECT count(*) FROM added_later').pluck().get()).toBe(0);
    after.close();
  });

  test('are applied once, however often the file is opened', async () => {
    const path = await makeDatabase();
    for (const _ of [1, 2]) openSqliteDatabase(path).close();
    const reader = new Database(path, { readonly: true });
    expect(reader.prepare('SELECT count(*) FROM __drizzle_migrations').pluck().get()).toBe(migrations);
    reader.close();
  });

  const opener = (path: string): string => `
    import { once } from 'node:events';
    import { openSqliteDatabase } from ${JSON.stringify(new URL('../../src/adapters/better_sqlite3_database.ts', import.meta.url).href)};
    process.stdout.write('ready');
    for (const round of [0, 1, 2, 3, 4, 5]) {
      await once(process.stdin, 'data');
      const database = openSqliteDatabase(${JSON.stringify(path)} + round);
      database.prepare("INSERT INTO ${resourceColumns} VALUES (?, '[]', 1, 'ES256', '{}', 1)").run(String(process.pid));
      database.close();
      process.stdout.write('done');
    }
    process.exit(0);
  `;

  test('of one new file by processes that start at once succeed in every one of them', {
    timeout: 120_000,
  }, async () => {
    const path = newPath();
    const children = [1, 2, 3].map(() =>
      spawn(process.execPath, ['--input-type=module', '-e', opener(path)], { stdio: ['pipe', 'pipe', 'pipe'] }),
    );
    const complaints: string[] = [];
    for (const child of children) child.stderr.on('data', (chunk) => complaints.push(String(chunk)));
    const ended = children.map((child) => once(child, 'close'));
    const answers = () =>
      Promise.all(children.map((child, place) => Promise.race([once(child.stdout, 'data'), ended[place]])));
    await answers();
    for (let round = 0; round < 6; round += 1) {
      const answered = answers();
      for (const child of children) child.stdin.write('go');
      await answered;
    }
    const codes = (await Promise.all(ended)).map(([code]) => code);
    expect(codes, complaints.join('')).toEqual([0, 0, 0]);
    for (let round = 0; round < 6; round += 1) {
      const reader = new Database(`${path}${round}`, { readonly: true });
      expect(reader.prepare('SELECT count(*) FROM resource').pluck().get()).toBe(3);
      expect(reader.prepare('SELECT count(*) FROM __drizzle_migrations').pluck().get()).toBe(migrations);
      reader.close();
    }
  });
});

describe('I4: what is erased is no longer in the bytes of the database or of its write-ahead log', () => {
  /** Whether the files of a database hold a text, which is long and random. */
  const filesHold = (path: string, text: string): boolean =>
    readdirSync(dirname(path)).some((name) => readFileSync(join(dirname(path), name)).includes(text));

  /** On one page, and over several. */
  const lengths = [300, 3000, 20_000];
  const secretOf = (length: number): string => randomBytes(length).toString('base64url').slice(0, length);

  test.each(lengths)(
    'after erasePrivateHalf of %i characters, though another process has the file open',
    async (length) => {
      const path = newPath();
      const [store, other] = [openStore(path), openStore(path)];
      const secret = secretOf(length);
      await store.publishSigningKey(keyWith(0, secret));
      await store.publishSigningKey(keyWith(1, secretOf(length)));
      await other.readSigningKeys();
      const mark = secret.slice(-40);
      expect(filesHold(path, mark)).toBe(true);
      await store.erasePrivateHalf('kid-0', now);
      expect(filesHold(path, mark)).toBe(false);
      expect(filesHold(path, secret.slice(0, 40))).toBe(false);
      await store.close();
      await other.close();
    },
  );

  test.each(lengths)('after revokeSigningKey of %i characters', async (length) => {
    const path = newPath();
    const store = openStore(path);
    const secret = secretOf(length);
    await store.publishSigningKey(keyWith(0, secret));
    await store.revokeSigningKey({ kid: 'kid-0', reason: 'r', revokedAt: now, promotedKid: null, successor: null });
    expect(filesHold(path, secret.slice(0, 40))).toBe(false);
    expect(filesHold(path, secret.slice(-40))).toBe(false);
    await store.close();
  });

  test('after rewrapSigningKey: the ciphertext under the old KEK is gone', async () => {
    const path = newPath();
    const store = openStore(path);
    const secret = secretOf(3000);
    await store.publishSigningKey(keyWith(0, secret));
    await store.rewrapSigningKey('kid-0', secret, secretOf(3000));
    expect(filesHold(path, secret.slice(0, 40))).toBe(false);
    await store.close();
  });

  test('after the next start, when the process that erased was killed before it could clear the log', () => {
    const path = newPath();
    const client = openSqliteDatabase(path);
    const secret = secretOf(3000);
    client
      .prepare("INSERT INTO signing_key VALUES ('ES256', 0, 'kid-0', '{}', ?, 1, 1, 1, NULL, NULL, NULL)")
      .run(secret);
    client.prepare("UPDATE signing_key SET private_jwe = NULL, erased_at = 2 WHERE kid = 'kid-0'").run();
    const left = newPath();
    for (const name of readdirSync(dirname(path)))
      copyFileSync(join(dirname(path), name), join(dirname(left), name.replace(basename(path), basename(left))));
    client.close();
    expect(existsSync(`${left}-wal`)).toBe(true);
    expect(filesHold(left, secret.slice(0, 40))).toBe(true);
    const next = openSqliteDatabase(left);
    expect(filesHold(left, secret.slice(0, 40))).toBe(false);
    next.close();
  });
});
