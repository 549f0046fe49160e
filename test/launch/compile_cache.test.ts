import { chmodSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { privateFolder } from '../../src/launch/compile_cache.js';
import { makeFolder } from '../running_server.ts';

let home: string;
beforeEach(() => {
  home = makeFolder();
});

describe('what Node compiled is kept', () => {
  test('in a folder that the user alone can use, the same each time', () => {
    const folder = privateFolder(home);
    expect(folder).toBe(join(home, '.cache', 'keyturn', 'compiled'));
    expect(statSync(String(folder)).mode & 0o777).toBe(0o700);
    expect(privateFolder(home)).toBe(folder);
  });

  test.each([0o720, 0o702, 0o777])('nowhere when others can write there: mode %o', (mode) => {
    chmodSync(String(privateFolder(home)), mode);
    expect(privateFolder(home)).toBeUndefined();
  });

  test('nowhere when the folder leads elsewhere', () => {
    const folder = join(home, '.cache', 'keyturn', 'compiled');
    mkdirSync(dirname(folder), { recursive: true });
    mkdirSync(join(home, 'elsewhere'));
    symlinkSync(join(home, 'elsewhere'), folder);
    expect(privateFolder(home)).toBeUndefined();
  });
});
