import { expect, test } from 'vitest';
import { hashesAtOnce } from '../src/node.ts';

test('T106: processes that are no more than there are cores hash no more passwords at once than there are cores', () => {
  for (let cores = 1; cores <= 64; cores += 1)
    for (let processes = 1; processes <= cores; processes += 1) {
      const each = hashesAtOnce(processes, cores);
      expect(each).toBeGreaterThanOrEqual(1);
      expect(each).toBeLessThanOrEqual(2);
      expect(each * processes).toBeLessThanOrEqual(cores);
      // One core is left for all else, unless there is a process for each.
      if (processes < cores) expect(each * processes).toBeLessThanOrEqual(Math.max(1, cores - 1));
    }
});
