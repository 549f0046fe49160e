// How a process is watched: metrics and traces where they are configured. What is not configured is not even loaded.
import type { NodeMetrics } from '../adapters/prom_client_metrics.ts';
import type { Config, Environment } from '../config.ts';
import { OperatorError } from '../errors.ts';
import type { Metrics } from '../seams/metrics.ts';
import type { Tracer } from '../seams/tracer.ts';

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

const defaultSampler = 'parentbased_always_on';
const defaultDelayMilliseconds = 5000;

/** What the exporter would drop every span for, without a word. @throws {OperatorError} */
const assertEndpoints = (endpoints: Readonly<Record<string, string | undefined>>): void => {
  for (const [name, value] of Object.entries(endpoints))
    if (value && !/^https?:$/.test(URL.parse(value)?.protocol ?? ''))
      throw new OperatorError(
        `${name} is no http or https URL. Traces are sent by OTLP over HTTP: like http://127.0.0.1:4318.`,
      );
};

/** By OpenTelemetry's own variables: docs/observing.md. */
export const openTracer = async (environment: Environment): Promise<Tracer | undefined> => {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: all, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces } = environment;
  if (!(all || traces) || environment.OTEL_SDK_DISABLED === 'true' || environment.OTEL_TRACES_EXPORTER === 'none')
    return undefined;
  assertEndpoints({ OTEL_EXPORTER_OTLP_ENDPOINT: all, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces });
  const { createOpenTelemetryTracer } = await import('../adapters/opentelemetry_tracer.ts');
  return createOpenTelemetryTracer({
    sampler: environment.OTEL_TRACES_SAMPLER || defaultSampler,
    ratio: Number(environment.OTEL_TRACES_SAMPLER_ARG || 1),
    delayMilliseconds: Number(environment.OTEL_BSP_SCHEDULE_DELAY) || defaultDelayMilliseconds,
  });
};
