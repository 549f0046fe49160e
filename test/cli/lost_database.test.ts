// What is left of a database that was lost, under the commands that its refusal sends people to.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, test } from 'vitest';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { databasePathIn } from '../running_server.ts';
import { asOneLine, createTemplate } from './in_process.ts';
import { stoppedIssuer } from './stopped_issuer.ts';

const template = await createTemplate(Math.floor(Date.now() / 1000) - 86_400);
const { issuer, keyturn } = stoppedIssuer(template);
const pathIn = (name: string): string => join(issuer.folder, name);
const database = (): string => databasePathIn(issuer.folder);
const leftovers = (): readonly string[] => readdirSync(issuer.folder).filter((name) => name.includes('restoring'));

describe('a database that was emptied', () => {
  const log = (): string => `${database()}-wal`;
  const contents = (): Readonly<Record<string, string>> =>
    Object.fromEntries(
      readdirSync(issuer.folder, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => [name, readFileSync(pathIn(name)).toString('base64')]),
    );
  beforeEach(async () => {
    await keyturn('backup', pathIn('b.sqlite'));
    truncateSync(database());
  });

  test.each([
    ['with its log', true],
    ['alone', false],
  ])('%s: what would make a database of it is refused, and changes nothing', async (_, withLog) => {
    if (withLog) writeFileSync(log(), 'what was written last');
    const before = contents();
    for (const args of [
      ['backup', pathIn('new.sqlite')],
      ['restore', '--in-place'],
      ['copy', '--from', `file:${database()}`, '--to', `file:${pathIn('new.sqlite')}`],
    ]) {
      const { code, stdout, stderr } = await keyturn(...args);
      expect([code, stdout, asOneLine(stderr)]).toEqual([1, '', expect.stringContaining('is empty (0 bytes)')]);
      expect(contents()).toEqual(before);
    }
  });

  test('stays as it was, its log too, under a restore that is refused', async () => {
    writeFileSync(log(), 'what was written last');
    new Database(pathIn('other.sqlite')).exec('CREATE TABLE t (x)').close();
    const before = contents();
    for (const args of [[pathIn('other.sqlite')], [pathIn('b.sqlite'), '--revoked', 'no-such-key']]) {
      expect(await keyturn('restore', ...args)).toMatchObject({ code: 1 });
      expect(contents()).toEqual(before);
    }
    expect((await keyturn('keys', 'list')).stderr).toContain('is empty (0 bytes)');
  });

  test('is kept beside, its log too, by a restore that comes to its end', async () => {
    writeFileSync(log(), 'what was written last');
    const { code, stdout } = await keyturn('restore', pathIn('b.sqlite'), '--json');
    expect(code).toBe(0);
    const { aside } = JSON.parse(stdout);
    expect(statSync(aside).size).toBe(0);
    expect(readFileSync(`${aside}-wal`, 'utf8')).toBe('what was written last');
    expect(existsSync(log())).toBe(false);
    expect((await keyturn('keys', 'list')).code).toBe(0);
    expect(leftovers()).toEqual([]);
  });

  test('is not replaced while somebody has it open', async () => {
    rmSync(database());
    const store = createBetterSqlite3Store(database(), systemClock);
    await store.readSigningKeys();
    truncateSync(database());
    const outcome = await keyturn('restore', pathIn('b.sqlite'));
    await store.close();
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringMatching(/is in use\. Stop the server/) });
    expect(leftovers()).toEqual([]);
  });

  test.each([
    ['there', (target: string) => truncateSync(target), /is empty \(0 bytes\)/],
    ['gone', (target: string) => rmSync(target), /is not there/],
  ])('is found behind a symbolic link: %s, with its log', async (_, lose, message) => {
    mkdirSync(pathIn('volume'));
    const target = pathIn('volume/k.sqlite');
    renameSync(database(), target);
    symlinkSync('volume/k.sqlite', database());
    lose(target);
    writeFileSync(`${target}-wal`, 'what was written last');
    for (const args of [
      ['keys', 'list'],
      ['users', 'list'],
      ['backup', pathIn('new.sqlite')],
      ['restore', '--in-place'],
    ]) {
      const { code, stderr } = await keyturn(...args);
      expect([code, asOneLine(stderr)]).toEqual([1, expect.stringMatching(message)]);
      expect(asOneLine(stderr)).toContain(`${target}-wal`);
    }
    expect(readdirSync(pathIn('volume'))).toContain('k.sqlite-wal');
  });

  test('a backup is restored to where a symbolic link leads, though nothing is there', async () => {
    mkdirSync(pathIn('volume'));
    rmSync(database());
    symlinkSync('volume/k.sqlite', database());
    expect((await keyturn('restore', pathIn('b.sqlite'))).code).toBe(0);
    expect(statSync(pathIn('volume/k.sqlite')).size).toBeGreaterThan(0);
    expect((await keyturn('keys', 'list')).code).toBe(0);
  });

  test('and removed, with its log left: every command says so, and that the log is in the way of a backup', async () => {
    rmSync(database());
    writeFileSync(log(), 'what was written last');
    for (const args of [
      ['keys', 'list'],
      ['clients', 'list'],
      ['backup', pathIn('new.sqlite')],
      ['restore', '--in-place'],
      ['copy', '--from', `file:${database()}`, '--to', `file:${pathIn('new.sqlite')}`],
    ]) {
      const { code, stderr } = await keyturn(...args);
      expect([code, asOneLine(stderr)]).toEqual([
        1,
        expect.stringMatching(/is not there.*Before one is copied there by hand, move \S+-wal elsewhere/),
      ]);
      expect(asOneLine(stderr)).not.toContain('Start the server once');
    }
    expect(readFileSync(log(), 'utf8')).toBe('what was written last');
  });
});
