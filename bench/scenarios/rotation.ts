// What group commit does for the store itself. HTTP, signatures and the rest of a request dilute it in the refresh beside it.
import type { Scenario } from '../scenario.ts';
import { onSlowDisk } from '../slow_disk.ts';

export const commitKinds = ['group commit', 'commit each'] as const;
export type CommitKind = (typeof commitKinds)[number];

export const rotation: Scenario = {
  name: 'refresh rotation, store alone',
  check: () => Promise.resolve(),
  ratios: [
    {
      words: 'rotations of the store alone per second, group commit over a commit for each',
      of: (measured) => measured('group commit').perSecond / measured('commit each').perSecond,
      atLeast: 3,
    },
    {
      words: 'the same, each wait for the disk 1 ms longer',
      of: (measured) => measured(onSlowDisk('group commit')).perSecond / measured(onSlowDisk('commit each')).perSecond,
      atLeast: 3,
    },
  ],
};
