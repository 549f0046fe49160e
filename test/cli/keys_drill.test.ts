import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  environmentFor,
  launcher,
  makeFolder,
  processTestMilliseconds,
  runCli,
  start,
  until,
} from '../running_server.ts';

test('keys drill leaves nothing behind when its terminal goes away, however many tell it so', {
  timeout: processTestMilliseconds,
}, async () => {
  const folder = makeFolder();
  const temporary = join(folder, 'temporary');
  mkdirSync(temporary);
  const drill = start(process.execPath, [launcher, 'keys', 'drill'], folder, {
    ...environmentFor(folder, {}),
    TMPDIR: temporary,
  });
  await until('it has begun', () => (drill.stderr().includes('An issuer of its own') ? true : undefined));
  let isOver = false;
  drill.child.once('exit', () => {
    isOver = true;
  });
  while (!isOver) {
    drill.child.kill('SIGHUP');
    await wait(1);
  }
  expect(readdirSync(temporary)).toEqual([]);
});

test('keys drill says where it can make no folder, and what to set', { timeout: processTestMilliseconds }, async () => {
  const TMPDIR = join(makeFolder(), 'gone');
  const { code, stderr } = await runCli(['keys', 'drill'], makeFolder(), { TMPDIR });
  expect([code, stderr]).toEqual([1, expect.stringContaining(`can be made in ${TMPDIR} (ENOENT). Set TMPDIR`)]);
});
