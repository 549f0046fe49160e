// What every load counts alike: the answers that came within its window, and the CPU of the server and of its Postgres.
import { setTimeout as wait } from 'node:timers/promises';
import { cpuSecondsOf, cpuSecondsOfAll } from './cpu_time.ts';
import type { Measurement } from './measure.ts';

export interface LoadWindow {
  /** Of the server. */
  readonly pid: number;
  /** Of the postmaster of its database, where that is a Postgres. */
  readonly postmaster?: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** @param answersSoFar - of the load, which is under way. */
export const measureWindow = async (
  { pid, postmaster, warmUpSeconds, seconds }: LoadWindow,
  answersSoFar: () => number,
): Promise<Measurement> => {
  const mark = () => ({
    answers: answersSoFar(),
    at: performance.now() / 1000,
    cpuSeconds: cpuSecondsOf(pid),
    databaseCpuSeconds: postmaster === undefined ? 0 : cpuSecondsOfAll(postmaster),
  });
  await wait(warmUpSeconds * 1000);
  const start = mark();
  await wait(seconds * 1000);
  const end = mark();
  return {
    answers: end.answers - start.answers,
    seconds: end.at - start.at,
    cpuSeconds: end.cpuSeconds - start.cpuSeconds,
    databaseCpuSeconds: end.databaseCpuSeconds - start.databaseCpuSeconds,
  };
};
