// F15: SIGKILL where `restore` puts the new database in place, and while `copy` writes. Every step: the soak beside it.
import { beforeAll, describe, expect, test } from 'vitest';
import { processTestMilliseconds } from '../running_server.ts';
import { atFileStep, atStatement, killAndGoOn, killedCommands, prepareFolder, wasKilled } from './database_kills.ts';

let folder: string;
beforeAll(async () => {
  folder = await prepareFolder();
}, processTestMilliseconds);

const under = (preload: string): readonly [string, ...string[]] => [process.execPath, '--import', preload];
const commandOf = (name: string) => killedCommands.find((command) => command.name === name) ?? expect.unreachable();

describe('F15: SIGKILL leaves one database that is served, and the command can be given again', () => {
  test.each([
    ['the old file has its second name', '1'],
    ['the new file has taken the name', '2'],
  ] as const)('restore, as %s', { timeout: processTestMilliseconds }, async (_, KILL_STEP) => {
    const environment = { KILL_CALLS: 'linkSync,renameSync', KILL_STEP, KILL_WHEN: 'after' };
    expect(wasKilled(await killAndGoOn(commandOf('restore'), folder, under(atFileStep), environment))).toBe(true);
  });

  test('copy, in the middle', { timeout: processTestMilliseconds }, async () => {
    const environment = { KILL_FROM: 'keys', KILL_STEP: '12', KILL_WHEN: 'after' };
    expect(wasKilled(await killAndGoOn(commandOf('copy'), folder, under(atStatement), environment))).toBe(true);
  });
});
