import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { processTestMilliseconds } from '../running_server.ts';

/** Logs once it is told to, and ends at once. */
const program = `
  const { createPinoLog } = await import(${JSON.stringify(new URL('../../src/adapters/pino_log.ts', import.meta.url).href)});
  const log = createPinoLog('info');
  process.stdin.once('data', () => {
    log.info({}, 'the last line');
    process.exit(3);
  });
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
