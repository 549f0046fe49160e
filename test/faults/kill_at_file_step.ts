// Preloaded (node --import) into a process under test: kills it with SIGKILL around the Nth call that names, renames,
// removes or syncs a file, N by KILL_STEP, `before` or `after` it by KILL_WHEN; or writes how many there are to
// KILL_COUNT_FILE. KILL_CALLS names the calls, with commas.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const killStep = Number(process.env.KILL_STEP);
const killWhen = process.env.KILL_WHEN;
const calls = (process.env.KILL_CALLS ?? '').split(',');

let step = 0;
const dieWhen = (when: string): void => {
  if (step === killStep && when === killWhen) process.kill(process.pid, 'SIGKILL');
};

for (const name of ['linkSync', 'renameSync', 'rmSync', 'fsyncSync', 'openSync'] as const) {
  if (!calls.includes(name)) continue;
  const original = fs[name] as (...args: readonly unknown[]) => unknown;
  Object.assign(fs, {
    [name]: (...args: readonly unknown[]): unknown => {
      step += 1;
      dieWhen('before');
      const result = original(...args);
      dieWhen('after');
      return result;
    },
  });
}
syncBuiltinESMExports();

const countFile = process.env.KILL_COUNT_FILE;
if (countFile !== undefined) process.once('exit', () => fs.writeFileSync(countFile, `${step}`));
