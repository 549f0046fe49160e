// One process that serves by itself.
import { createPinoLog } from '../adapters/pino_log.ts';
import type { Config } from '../config.ts';
import { openProvider } from '../node.ts';
import { introduce } from './introduce.ts';
import { warnOfOpenDatabase } from './open_database.ts';
import { serveProvider } from './serve_provider.ts';
import { openMetrics, serveMetricsPort } from './watching.ts';

export const serveAlone = async (config: Config, version: string, stopping: Promise<string>): Promise<void> => {
  const log = createPinoLog(config.logLevel);
  const provider = await openProvider(config, log, undefined, await openMetrics(config, version));
  warnOfOpenDatabase(config, log);
  const serving = await serveProvider(provider, log);
  let stopMetrics = (): void => undefined;
  // What cannot be served whole is not served at all.
  try {
    stopMetrics = await serveMetricsPort(config, provider.metrics.page);
    await introduce(provider, log);
    log.info({ issuer: config.issuer, host: config.host, port: config.port }, 'listening');
    await serving.untilEnd(stopping);
  } finally {
    await serving.stop();
    stopMetrics();
  }
  log.info({}, 'stopped');
  await log.flush();
};
