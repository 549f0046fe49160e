// A disk that is waited for a millisecond longer, as those of rented machines are: strace delays every fsync and fdatasync of
// a process and its children, and by seccomp stops at nothing else they do.
import { spawnSync } from 'node:child_process';

const addedMilliseconds = 1;

/** What a contender is called that has such a disk. */
export const onSlowDisk = (contender: string): string => `${contender}, disk ${addedMilliseconds} ms slower`;

const command = [
  'strace',
  ...['-f', '--seccomp-bpf', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync'],
  ...['-e', `inject=fsync,fdatasync:delay_exit=${addedMilliseconds * 1000}`],
] as const;

/** What a command is put behind; undefined where strace is missing or may not trace. */
export const slowDisk = (): readonly [string, ...string[]] | undefined => {
  const [strace, ...options] = command;
  return spawnSync(strace, [...options, 'true'], { timeout: 10_000 }).status === 0 ? command : undefined;
};
