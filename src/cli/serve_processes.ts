// The first of several processes: makes the database, the ring and the keys before the others start, and watches them.
import { type ProcessGroup, startProcesses } from '../adapters/node_cluster.ts';
import { createPinoLog } from '../adapters/pino_log.ts';
import type { MetricValues } from '../adapters/prom_client_metrics.ts';
import { createProcessesMetrics } from '../adapters/prom_client_processes.ts';
import type { Config } from '../config.ts';
import { openProvider, processesOf } from '../node.ts';
import type { MetricsPage } from '../seams/metrics.ts';
import { introduce } from './introduce.ts';
import { warnOfOpenDatabase } from './open_database.ts';
import { isWatched, serveMetricsPort } from './watching.ts';

export const serveProcesses = async (config: Config, stopping: Promise<string>): Promise<void> => {
  const log = createPinoLog(config.logLevel, true);
  const count = processesOf(config);
  const provider = await openProvider(config, log);
  warnOfOpenDatabase(config, log);
  let group: ProcessGroup;
  const metrics = createProcessesMetrics(() => group.running());
  const page = async (): Promise<MetricsPage | undefined> =>
    // Each process answers with its values, for it is asked for nothing else.
    isWatched(config) ? metrics.page((await group.ask()) as ReadonlyMap<number, MetricValues>) : undefined;
  group = startProcesses({
    count,
    drainSeconds: config.drainSeconds,
    log,
    answer: page,
    onRestart: metrics.restarted,
    onEnd: metrics.ended,
  });
  let stopMetrics = (): void => undefined;
  const begin = async (): Promise<void> => {
    await Promise.race([group.serving, stopping]);
    stopMetrics = await serveMetricsPort(config, page);
    await introduce(provider, log);
  };
  try {
    // From here on the processes have the database; a connection left open would keep this one from ending.
    await begin().finally(() => provider.store.close());
    log.info({ issuer: config.issuer, host: config.host, port: config.port, processes: count }, 'listening');
    const signal = await stopping;
    log.info({ signal }, 'draining');
  } finally {
    await group.stop();
    stopMetrics();
  }
  log.info({}, 'stopped');
  await log.flush();
};
