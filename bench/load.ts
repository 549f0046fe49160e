// The load: autocannon in a child process, so that its CPU is nobody's but its own. One job a message, one answer each.
import autocannon from 'autocannon';
import type { Target } from './contender.ts';
import { type LoadWindow, measureWindow } from './load_window.ts';
import type { Measurement } from './measure.ts';

export interface LoadJob extends LoadWindow {
  readonly target: Target;
  readonly connections: number;
}

export type LoadAnswer = Measurement | { readonly complaint: string };

const slackSeconds = 5;

const applyLoad = async (job: LoadJob): Promise<LoadAnswer> => {
  const { target, connections, warmUpSeconds, seconds } = job;
  let answers = 0;
  const { promise: done, resolve: finish } = Promise.withResolvers<autocannon.Result>();
  const duration = warmUpSeconds + seconds + slackSeconds;
  const options = { ...target, connections, duration, sampleInt: 50, skipAggregateResult: true };
  const running = autocannon(options, (_error, result) => finish(result));
  running.on('response', () => {
    answers += 1;
  });
  const measured = await measureWindow(job, () => answers);
  running.stop();
  const { errors, timeouts, non2xx } = await done;
  if (errors + timeouts + non2xx > 0)
    return {
      complaint: `${target.method} ${target.url}: ${non2xx} answers were not 2xx, ${errors} errors, ${timeouts} timeouts; expected none.`,
    };
  return measured;
};

process.on('message', async (job: LoadJob) => process.send?.(await applyLoad(job)));
process.once('disconnect', () => process.exit());
