// Where a bench ran, in words: figures of one machine say little of another.
import { cpus, loadavg } from 'node:os';

export const surroundingsInWords = (when: 'at the start' | 'at the end'): string => {
  const { length: cores, 0: core } = cpus();
  return `Node ${process.versions.node}, ${cores} cores of ${core?.model ?? 'an unknown kind'}, load average ${loadavg()[0]?.toFixed(1)} ${when}`;
};
