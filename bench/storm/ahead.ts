// A load that gets a processor as soon as it wants one, as if it had a machine of its own: how long it waits for one beside
// the server it times is no answer of the server's.
import { spawnSync } from 'node:child_process';

/** Its threads of its own and its children are as any other's. */
const command = ['chrt', '--reset-on-fork', '--fifo', '1'] as const;

/** What the load is put behind; undefined where chrt is missing or the user may not. */
export const aheadOfOthers = (): readonly string[] | undefined => {
  const [chrt, ...options] = command;
  return spawnSync(chrt, [...options, 'true'], { timeout: 10_000 }).status === 0 ? command : undefined;
};
