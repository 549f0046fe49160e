// I9: kill -9 around any statement leaves a state in which all invariants hold. By system call: kill_at_syscalls.soak.test.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, processTestMilliseconds } from '../running_server.ts';
import { prepareScenarios, type Run, rowsBefore, runScenario, scenarios, wasKilled } from './kill_scenarios.ts';

const preload = fileURLToPath(new URL('./kill_at_step.ts', import.meta.url));

beforeAll(prepareScenarios, processTestMilliseconds);

describe('I9: SIGKILL around every statement that writes', () => {
  test.each(scenarios)('$name', { timeout: 2 * processTestMilliseconds }, async (scenario) => {
    const before = await rowsBefore(scenario);
    const wrapper = [process.execPath, '--import', preload] as const;
    const from = { KILL_FROM: scenario.database === undefined ? 'opening' : 'keys' };
    const killAt = (step: number, when: 'before' | 'after'): Promise<Run> =>
      runScenario(scenario, before, [...wrapper], { ...from, KILL_STEP: `${step}`, KILL_WHEN: when });
    const counted = join(makeFolder(), 'steps');
    const finished = await runScenario(scenario, before, [...wrapper], { ...from, KILL_COUNT_FILE: counted });
    expect(finished.outcome).toMatchObject({ code: 0, signal: null });
    scenario.done(before, finished.after);

    const steps = Number(readFileSync(counted, 'utf8'));
    expect(steps).toBeGreaterThan(3);
    for (let step = 1; step <= steps; step += 1) expect(wasKilled(await killAt(step, 'before'))).toBe(true);
    // Right after one statement is right before the next; only the last has no next.
    const last = await killAt(steps, 'after');
    expect(wasKilled(last)).toBe(true);
    scenario.done(before, last.after);
  });
});
