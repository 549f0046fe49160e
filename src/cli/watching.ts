// How a process is watched: metrics where they are configured. What is not configured is not even loaded.
import type { NodeMetrics } from '../adapters/prom_client_metrics.ts';
import type { Config } from '../config.ts';
import type { Metrics } from '../seams/metrics.ts';

/** Whether anybody may read metrics: nothing is counted where nobody may. */
export const isWatched = ({ metricsPort, metricsToken }: Config): boolean =>
  metricsPort !== undefined || metricsToken !== undefined;

/** @param version - Keyturn's. */
export const openMetrics = async (config: Config, version: string): Promise<NodeMetrics | undefined> => {
  if (!isWatched(config)) return undefined;
  const { createPromClientMetrics } = await import('../adapters/prom_client_metrics.ts');
  return createPromClientMetrics(version, process.version);
};

/** On the port of its own, where one is configured. @returns how to stop. */
export const serveMetricsPort = async (config: Config, page: Metrics['page']): Promise<() => void> => {
  const { metricsHost: host, metricsPort: port, metricsToken: token } = config;
  if (port === undefined) return () => undefined;
  const { serveMetrics } = await import('../adapters/metrics_server.ts');
  return serveMetrics({ host, port, token, page });
};
