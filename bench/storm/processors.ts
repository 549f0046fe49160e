// Who gets a processor first, of what would run on other machines: the load that times the server waits for none beside it,
// and the browsers take none that the server wants. A low priority alone keeps one for a millisecond or more. sched(7)
import { spawnSync } from 'node:child_process';

/** The load's own threads and children are as any other's. */
const first = ['chrt', '--reset-on-fork', '--fifo', '1'] as const;
const last = ['chrt', '--idle', '0'] as const;

const ifAllowed = ([chrt, ...options]: typeof first | typeof last): readonly string[] | undefined =>
  spawnSync(chrt, [...options, 'true'], { timeout: 10_000 }).status === 0 ? [chrt, ...options] : undefined;

/** What the load is put behind; undefined where chrt is missing or the user may not. */
export const aheadOfOthers = (): readonly string[] | undefined => ifAllowed(first);

/** What the browsers are put behind; undefined where chrt is missing. */
export const afterOthers = (): readonly string[] | undefined => ifAllowed(last);
