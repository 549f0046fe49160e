// What a file named on the command line costs to read, be it a pipe that gives a few bytes at a time.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readFile } from '../../src/cli/read_file.ts';
import { makeFolder } from '../running_server.ts';

test('a file of many characters of several bytes is read as it is', () => {
  const file = join(makeFolder(), 'file');
  const content = `x${'é€'.repeat(100_000)}`;
  writeFileSync(file, content);
  expect(readFile(file, '') === content).toBe(true);
});

test.skipIf(process.platform === 'win32')(
  'a pipe that gives a few bytes at a time takes no more memory than they are',
  async () => {
    const pipe = join(makeFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const lines = 5000;
    const writer = spawn('sh', ['-c', `i=0; while [ $i -lt ${lines} ]; do echo x; i=$((i+1)); done > '${pipe}'`]);
    const ended = once(writer, 'exit');
    const before = process.memoryUsage().arrayBuffers;
    expect(readFile(pipe, '') === 'x\n'.repeat(lines)).toBe(true);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
    await ended;
  },
);
