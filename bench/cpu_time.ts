// The CPU time a process has used so far, all its threads, user and system, as the kernel counts it.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** USER_HZ; Linux shows 100 to user space on every architecture Node runs on. */
const ticksPerSecond = 100;

/** proc_pid_stat(5): utime and stime are fields 14 and 15; the second, the name in brackets, may hold spaces. */
const fromProc = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};

/** ps(1) writes [[dd-]hh:]mm:ss, and on macOS and BSD hundredths after it. */
export const parsePsTime = (text: string): number => {
  const [clock = '', days = '0'] = text.trim().split('-').reverse();
  return clock.split(':').reduce((seconds, part) => seconds * 60 + Number(part), 0) + Number(days) * 86400;
};

const fromPs = (pid: number): number =>
  parsePsTime(execFileSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' }));

const hasProc = existsSync('/proc/self/stat');

/** @returns seconds. @throws when there is no such process. */
export const cpuSecondsOf = (pid: number): number => (hasProc ? fromProc(pid) : fromPs(pid));
