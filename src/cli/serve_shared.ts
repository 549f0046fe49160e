// One of several processes that share the port. The first one started it, prints what there is to print, and is asked for
// the metrics of all.
import { talkToFirstProcess, tellServing } from '../adapters/node_cluster.ts';
import { createPinoLog } from '../adapters/pino_log.ts';
import type { Config } from '../config.ts';
import { openProvider } from '../node.ts';
import type { MetricsPage } from '../seams/metrics.ts';
import { serveProvider } from './serve_provider.ts';
import { openMetrics } from './watching.ts';

export const serveShared = async (config: Config, version: string, stopping: Promise<string>): Promise<void> => {
  const log = createPinoLog(config.logLevel, true);
  const counted = await openMetrics(config, version);
  const first = talkToFirstProcess(async () => counted?.values());
  // The first process answers with a page, or nothing.
  const page = (): Promise<MetricsPage | undefined> => first.ask() as Promise<MetricsPage | undefined>;
  const provider = await openProvider(config, log, undefined, counted && { ...counted, page });
  const serving = await serveProvider(provider, log);
  tellServing();
  log.info({ pid: process.pid }, 'process serves');
  await serving.untilEnd(stopping);
  await serving.stop();
  log.info({ pid: process.pid }, 'process stopped');
  await log.flush();
};
