// How long this machine's disk is waited for, which is what group commit saves: a figure to read its ratios by.
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { benchFolder } from './keyturn_process.ts';
import { median } from './measure.ts';

const times = 101;
/** About a commit of one rotation. */
const written = Buffer.alloc(8 * 4096, 'a');

/** @returns the median of a sync of what was just appended to a file, as of this moment. */
export const syncMilliseconds = (): number => {
  const file = openSync(join(benchFolder(), 'disk'), 'w');
  const taken = Array.from({ length: times }, () => {
    writeSync(file, written);
    const started = performance.now();
    fdatasyncSync(file);
    return performance.now() - started;
  });
  closeSync(file);
  return median(taken);
};
