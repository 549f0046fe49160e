// What a start says where a part of Keyturn cannot be read, or too few files may be opened.
import { cpSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { environmentFor, launcher, makeFolder, outcomeOf, start } from '../running_server.ts';
import { withStoreAt } from './in_process.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

describe('an installation that lacks something', () => {
  const installation = makeFolder();
  const folder = makeFolder();
  const run = (...args: readonly string[]) =>
    outcomeOf(
      start(process.execPath, [join(installation, 'src/launch.js'), ...args], folder, environmentFor(folder, {})),
    );
  beforeAll(() => {
    for (const part of ['src', 'drizzle', 'package.json']) cpSync(part, join(installation, part), { recursive: true });
  });

  test('the packages', async () => {
    const { code, stderr } = await run('keys', 'list');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^keyturn: Keyturn could not be loaded \(Cannot find package .*npm ci.*\n$/),
    ]);
  });

  test('a migration, or all of them', async () => {
    symlinkSync(resolve('node_modules'), join(installation, 'node_modules'));
    for (const part of ['drizzle/sqlite/0001_people.sql', 'drizzle']) {
      rmSync(join(installation, part), { recursive: true });
      const { code, stderr } = await run('serve');
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^keyturn: The migrations, .*install Keyturn anew.*\n$/),
      ]);
    }
  });

  test('the file of a command', async () => {
    rmSync(join(installation, 'src/cli/keys_list.ts'));
    const { code, stderr } = await run('keys', 'list');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^keyturn: A file of Keyturn could not be read .*\n$/)]);
  });
});

test.skipIf(process.platform !== 'linux')('however few files may be opened, it is never called a bug', async () => {
  const folder = makeFolder();
  await withStoreAt(folder, 0, async () => undefined);
  for (const limit of [21, 22, 23, 24, 25]) {
    const sh = ['-c', `ulimit -n ${limit}; exec "$0" "$@"`, process.execPath, launcher, 'keys', 'list'];
    const { code, stderr } = await outcomeOf(start('sh', sh, folder, environmentFor(folder, {})));
    expect([code, stderr]).toEqual([code && 1, code ? expect.stringMatching(/^keyturn: .*ulimit -n.*\n$/) : '']);
  }
});

test.skipIf(process.platform !== 'linux')('a folder that was removed meanwhile is told as that', async () => {
  const folder = makeFolder();
  const sh = ['-c', 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"', process.execPath, launcher];
  const { code, stderr } = await outcomeOf(start('sh', [...sh, 'keys', 'list'], folder, {}));
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^keyturn: The folder this was started in is no more/)]);
});
