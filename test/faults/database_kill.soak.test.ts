// F15: SIGKILL at steps of `restore` and `copy`, spread evenly over all there are: before statements that write, and around
// calls that name, rename, remove or sync a file. DATABASE_KILLS says at how many of each; `all` takes each one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { processTestMilliseconds } from '../running_server.ts';
import { atFileStep, atStatement, killAndGoOn, killedCommands, prepareFolder, wasKilled } from './database_kills.ts';

const atOnce = 2;
const wanted = process.env.DATABASE_KILLS ?? '12';
const mostKills = wanted === 'all' ? Number.POSITIVE_INFINITY : Number(wanted);

/** The first, the last, and some between. */
const spread = <Kill>(kills: readonly Kill[]): readonly Kill[] =>
  kills.length <= mostKills
    ? kills
    : Array.from(
        { length: mostKills },
        (_, place) => kills[Math.round((place * (kills.length - 1)) / (mostKills - 1))],
      ).filter((kill) => kill !== undefined);
let folder: string;
beforeAll(async () => {
  folder = await prepareFolder();
}, processTestMilliseconds);

const kinds = [
  { kind: 'statement', preload: atStatement, environment: { KILL_FROM: 'opening' }, whens: ['before'] },
  {
    kind: 'file step',
    preload: atFileStep,
    environment: { KILL_CALLS: 'linkSync,renameSync,rmSync,fsyncSync,openSync' },
    whens: ['before', 'after'],
  },
] as const;

describe('F15: SIGKILL at a step leaves one database that is served, and the command can be given again', () => {
  test.each(killedCommands.flatMap((command) => kinds.map((kind) => ({ ...command, ...kind }))))(
    '$name, at each $kind',
    { timeout: 20 * processTestMilliseconds },
    async ({ preload, environment, whens, kind: _, ...command }) => {
      const wrapper = [process.execPath, '--import', preload] as const;
      const counted = join(folder, `steps-${command.name}`);
      const whole = await killAndGoOn(command, folder, wrapper, { ...environment, KILL_COUNT_FILE: counted });
      expect(whole.code).toBe(0);
      const steps = Number(readFileSync(counted, 'utf8'));
      expect(steps).toBeGreaterThan(3);
      const kills = spread(
        Array.from({ length: steps }, (_step, at) => whens.map((when) => [`${at + 1}`, when] as const)).flat(),
      );
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
