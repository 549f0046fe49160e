// The load: autocannon in a child process, so that its CPU is nobody's but its own. One job a message, one answer each.
import autocannon from 'autocannon';
import type { Target } from './contender.ts';
import { cpuSecondsOf, cpuSecondsOfAll } from './cpu_time.ts';
import type { Measurement } from './measure.ts';

export interface LoadJob {
  readonly target: Target;
  /** Of the server. */
  readonly pid: number;
  /** Of the postmaster of its database, where that is a Postgres. */
  readonly postmaster?: number;
  readonly connections: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export type LoadAnswer = Measurement | { readonly complaint: string };

const slackSeconds = 5;

const wait = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

const applyLoad = async (job: LoadJob): Promise<LoadAnswer> => {
  const { target, pid, postmaster, connections, warmUpSeconds, seconds } = job;
  let answers = 0;
  const mark = () => ({
    answers,
    at: performance.now() / 1000,
    cpuSeconds: cpuSecondsOf(pid),
    databaseCpuSeconds: postmaster === undefined ? 0 : cpuSecondsOfAll(postmaster),
  });
  const { promise: done, resolve: finish } = Promise.withResolvers<autocannon.Result>();
  const duration = warmUpSeconds + seconds + slackSeconds;
  const options = { ...target, connections, duration, sampleInt: 50, skipAggregateResult: true };
  const running = autocannon(options, (_error, result) => finish(result));
  running.on('response', () => {
    answers += 1;
  });
  await wait(warmUpSeconds);
  const start = mark();
  await wait(seconds);
  const end = mark();
  running.stop();
  const { errors, timeouts, non2xx } = await done;
  if (errors + timeouts + non2xx > 0)
    return {
      complaint: `${target.method} ${target.url}: ${non2xx} answers were not 2xx, ${errors} errors, ${timeouts} timeouts; expected none.`,
    };
  return {
    answers: end.answers - start.answers,
    seconds: end.at - start.at,
    cpuSeconds: end.cpuSeconds - start.cpuSeconds,
    databaseCpuSeconds: end.databaseCpuSeconds - start.databaseCpuSeconds,
  };
};

process.on('message', async (job: LoadJob) => process.send?.(await applyLoad(job)));
process.once('disconnect', () => process.exit());
