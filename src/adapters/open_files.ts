// How many connections fit under the limit of open files. Beyond it the kernel refuses whatever needs a file next: a thread,
// a checkpoint, a connection to Postgres or to a client that is told of a logout.
import { readFileSync } from 'node:fs';
import type { Log } from '../seams/log.ts';

/** Of the process itself, its threads, the logouts under way and those who read the metrics. */
const ownFiles = 128;
/** Where the limit is so low that the process would have next to nothing else. */
const mostOfLimit = 0.75;

/** @returns that of this process; undefined where the system does not say, as any but Linux. */
const limitOfThisProcess = (): number | undefined => {
  if (process.platform !== 'linux') return undefined;
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
};

/**
 * @param wanted - connections of clients.
 * @param databaseConnections - that the process may have beside them.
 * @returns how many may be held at once: at least one. The log is told where they are fewer.
 */
export const connectionsThatFit = (
  wanted: number,
  databaseConnections: number,
  log: Pick<Log, 'warn'>,
  limit = limitOfThisProcess() ?? Number.POSITIVE_INFINITY,
): number => {
  const kept = Math.min(ownFiles + databaseConnections, Math.floor(limit * mostOfLimit));
  const connections = Math.max(1, Math.min(wanted, limit - kept));
  if (connections < wanted)
    log.warn(
      {
        open_files: limit,
        connections,
        advice: `Allow this process ${wanted + ownFiles + databaseConnections} open files (LimitNOFILE of systemd, ulimit -n), or lower KEYTURN_MAX_CONNECTIONS.`,
      },
      'the limit of open files leaves room for fewer connections than KEYTURN_MAX_CONNECTIONS',
    );
  return connections;
};
