import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { processTestMilliseconds } from '../running_server.ts';

const adapter = JSON.stringify(new URL('../../src/adapters/pino_log.ts', import.meta.url).href);

/** Logs once it is told to, and ends at once. */
const program = `
  const { createPinoLog } = await import(${adapter});
  const log = createPinoLog('info');
  process.stdin.once('data', () => {
    log.info({}, 'the last line');
    process.exit(3);
  });
`;

/** Logs for more than a second, in which what is held is written, or tried to be. */
const busy = `
  const { createPinoLog } = await import(${adapter});
  const log = createPinoLog('info');
  for (let line = 0; line < 15; line += 1) {
    log.info({ text: 'x'.repeat(10_000) }, 'a line');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  process.exit(3);
`;

const startLogging = () => spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'pipe' });

describe('the end of a process', { timeout: processTestMilliseconds }, () => {
  test('writes what is held', async () => {
    const child = startLogging();
    child.stdin.write('now');
    const [text] = await Promise.all([child.stdout.setEncoding('utf8').toArray(), once(child, 'exit')]);
    expect(JSON.parse(text.join(''))).toMatchObject({ level: 30, msg: 'the last line' });
    expect(child.exitCode).toBe(3);
  });

  test('comes, also where the reader of the log is gone', async () => {
    const child = startLogging();
    const exited = once(child, 'exit');
    child.stdout.destroy();
    child.stdin.write('now');
    const ended = await Promise.race([exited, wait(processTestMilliseconds / 2)]);
    child.kill('SIGKILL');
    expect(ended).toEqual([3, null]);
  });
});

describe('a full disk under the log', { timeout: processTestMilliseconds }, () => {
  const full = '/dev/full';

  test.runIf(existsSync(full))('ends no process; it is told once, on standard error', async () => {
    const output = openSync(full, 'w');
    const child = spawn(process.execPath, ['--input-type=module', '-e', busy], { stdio: ['ignore', output, 'pipe'] });
    const [stderr] = await Promise.all([child.stderr?.setEncoding('utf8').toArray(), once(child, 'exit')]);
    closeSync(output);
    expect(stderr?.join('')).toMatch(/^keyturn: The log cannot be written to standard output \(ENOSPC\)\. [^\n]*\n$/);
    expect(child.exitCode).toBe(3);
  });
});

/** Logs more than a pipe or a socket holds, and flushes. */
const unread = `
  const { createPinoLog } = await import(${adapter});
  const log = createPinoLog('info');
  for (let line = 0; line < 100; line += 1) log.info({ text: 'x'.repeat(10_000) }, 'a line');
  await log.flush();
`;

describe('a reader of the log that lives and does not read', { timeout: processTestMilliseconds }, () => {
  test('does not keep the process from its end', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', unread], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = await Promise.race([once(child, 'exit'), wait(processTestMilliseconds / 2)]);
    child.kill('SIGKILL');
    expect(ended).toEqual([null, 'SIGKILL']);
  });

  test('one that reads gets all of it, and the process ends by itself', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', unread], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [text] = await Promise.all([child.stdout.setEncoding('utf8').toArray(), once(child, 'exit')]);
    expect(text.join('').trimEnd().split('\n')).toHaveLength(100);
    expect([child.exitCode, child.signalCode]).toEqual([0, null]);
  });
});
