// I9: kill -9 at any system call that writes leaves a state in which all invariants hold.
import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { processTestMilliseconds } from '../running_server.ts';
import { prepareScenarios, type Run, rowsBefore, runScenario, scenarios, wasKilled } from './kill_scenarios.ts';

const mostSteps = 120;
const atOnce = 2;

/** Kills at step 1, 2, 3... until there is no such step. @returns how many there were, and the run that was not killed. */
const killUntilDone = async (
  killAt: (step: number) => Promise<Run>,
): Promise<{ readonly steps: number; readonly finished: Run }> => {
  for (let steps = 0; steps < mostSteps; steps += atOnce) {
    const runs = await Promise.all(Array.from({ length: atOnce }, (_, ahead) => killAt(steps + ahead + 1)));
    const survived = runs.findIndex((run) => !wasKilled(run));
    const finished = runs[survived];
    if (finished !== undefined) return { steps: steps + survived, finished };
  }
  throw new Error(`still killed at step ${mostSteps}`);
};

beforeAll(prepareScenarios, processTestMilliseconds);

const hasStrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
if (!hasStrace)
  console.warn(
    'NOT RUN: SIGKILL at system calls needs strace, which is not installed or may not trace here (apt-get install strace).',
  );

describe.runIf(hasStrace)('I9: SIGKILL at system calls that write, by strace', () => {
  /** Where to start (before it the files are only being opened) and how far to step; each call is counted by itself. */
  const calls = [
    { call: 'pwrite64', first: 9, stride: 7 },
    { call: 'fsync,fdatasync', first: 1, stride: 2 },
  ] as const;
  const underStrace = (call: string, nth: number): readonly [string, ...string[]] => [
    'strace',
    ...['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${nth}`],
    process.execPath,
  ];
  const killed = scenarios.filter(({ name }) => name === 'keys rotate' || name === 'keys revoke');

  test.each(killed.flatMap((scenario) => calls.map((call) => ({ ...scenario, ...call }))))(
    '$name, by $call in steps of $stride',
    { timeout: processTestMilliseconds },
    async ({ call, first, stride, ...scenario }) => {
      const before = await rowsBefore(scenario);
      const killAt = (step: number): Promise<Run> =>
        runScenario(scenario, before, underStrace(call, first + (step - 1) * stride), {});
      const { steps, finished } = await killUntilDone(killAt);
      expect(steps).toBeGreaterThan(1);
      expect(finished.outcome).toMatchObject({ code: 0 });
      scenario.done(before, finished.after);
    },
  );
});
