// The CPU time a process has used so far, all its threads, user and system, as the kernel counts it.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** USER_HZ; Linux shows 100 to user space on every architecture Node runs on. */
const ticksPerSecond = 100;

/** proc_pid_stat(5): from the third field on, for the second, the name in brackets, may hold spaces. */
const fieldsOf = (pid: number): readonly string[] => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};

/** utime and stime are fields 14 and 15; cutime and cstime, of the children that were waited for, the next two. */
const secondsIn = (fields: readonly string[], count: 2 | 4): number =>
  fields.slice(11, 11 + count).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond;

const fromProc = (pid: number): number => secondsIn(fieldsOf(pid), 2);

/** ps(1) writes [[dd-]hh:]mm:ss, and on macOS and BSD hundredths after it. */
const parsePsTime = (text: string): number => {
  const [clock = '', days = '0'] = text.trim().split('-').reverse();
  return clock.split(':').reduce((seconds, part) => seconds * 60 + Number(part), 0) + Number(days) * 86400;
};

const fromPs = (pid: number): number =>
  parsePsTime(execFileSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' }));

/** @returns seconds of this process, finer than the kernel counts those of others. */
export const ownCpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const hasProc = existsSync('/proc/self/stat');

/** @returns seconds. @throws when there is no such process. */
export const cpuSecondsOf = (pid: number): number => (hasProc ? fromProc(pid) : fromPs(pid));

/** @returns the fields of a process, or none once it is gone. */
const fieldsOrNone = (pid: number): readonly string[] => {
  try {
    return fieldsOf(pid);
  } catch {
    return [];
  }
};

/** @returns seconds of a process and of all its children, living or waited for. Needs /proc. */
export const cpuSecondsOfAll = (parent: number): number => {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => fieldsOrNone(Number(name)))
    .filter(([, parentOfIt]) => Number(parentOfIt) === parent);
  return children.reduce((sum, fields) => sum + secondsIn(fields, 2), secondsIn(fieldsOf(parent), 4));
};
