// F15: SIGKILL at every step of `restore` and `copy`: before every statement that writes, and around every call that names,
// renames, removes or syncs a file.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processTestMilliseconds, removeFolder } from '../running_server.ts';
import { atFileStep, atStatement, killAndGoOn, killedCommands, prepareFolder, wasKilled } from './database_kills.ts';

const atOnce = 2;
let folder: string;
beforeAll(async () => {
  folder = await prepareFolder();
}, processTestMilliseconds);
afterAll(() => removeFolder(folder));

const kinds = [
  { kind: 'statement', preload: atStatement, environment: { KILL_FROM: 'opening' }, whens: ['before'] },
  {
    kind: 'file step',
    preload: atFileStep,
    environment: { KILL_CALLS: 'linkSync,renameSync,rmSync,fsyncSync,openSync' },
    whens: ['before', 'after'],
  },
] as const;

describe('F15: SIGKILL at every step leaves one database that is served, and the command can be given again', () => {
  test.each(killedCommands.flatMap((command) => kinds.map((kind) => ({ ...command, ...kind }))))(
    '$name, at every $kind',
    { timeout: 20 * processTestMilliseconds },
    async ({ preload, environment, whens, kind: _, ...command }) => {
      const wrapper = [process.execPath, '--import', preload] as const;
      const counted = join(folder, `steps-${command.name}`);
      const whole = await killAndGoOn(command, folder, wrapper, { ...environment, KILL_COUNT_FILE: counted });
      expect(whole.code).toBe(0);
      const steps = Number(readFileSync(counted, 'utf8'));
      expect(steps).toBeGreaterThan(3);
      const kills = Array.from({ length: steps }, (_step, at) =>
        whens.map((when) => [`${at + 1}`, when] as const),
      ).flat();
      for (let at = 0; at < kills.length; at += atOnce)
        await Promise.all(
          kills.slice(at, at + atOnce).map(async ([KILL_STEP, KILL_WHEN]) => {
            const outcome = await killAndGoOn(command, folder, wrapper, { ...environment, KILL_STEP, KILL_WHEN });
            expect(wasKilled(outcome)).toBe(true);
          }),
        );
    },
  );
});
