// The metrics of several processes as one page, with prom-client. What a process counted stays when it ends: a counter that
// falls would look like one that began anew, and all that the others have counted like new events.
import { AggregatorRegistry, Counter, Gauge, Registry } from 'prom-client';
import type { MetricsPage } from '../seams/metrics.ts';
import type { MetricValues } from './prom_client_metrics.ts';
import { collectProcessMetrics } from './prom_client_process.ts';

export interface ProcessesMetrics {
  restarted(): void;
  /** What a process counted, as of its last answer, is kept. */
  ended(process: number): void;
  /** @param answers - the values of each process that answered; the last ones stand in for those that did not. */
  page(answers: ReadonlyMap<number, MetricValues>): Promise<MetricsPage>;
  /** As `page`, before it is written out. */
  values(answers: ReadonlyMap<number, MetricValues>): Promise<MetricValues>;
}

const counted: readonly string[] = ['counter', 'histogram'];

const together = (all: readonly MetricValues[]): Registry => AggregatorRegistry.aggregate([...all]);

/** @param running - how many processes serve now. */
export const createProcessesMetrics = (running: () => number): ProcessesMetrics => {
  const own = new Registry();
  const registers = [own];
  collectProcessMetrics(own);
  const processes = new Gauge({ name: 'keyturn_processes', help: 'Processes that serve.', registers });
  const restarts = new Counter({
    name: 'keyturn_process_restarts_total',
    help: 'Processes started in place of one that ended.',
    registers,
  });
  const last = new Map<number, MetricValues>();
  const ended = new Set<number>();
  /** What those that ended counted, one after the other added up. */
  let past: Promise<MetricValues> = Promise.resolve([]);

  const gather = async (answers: ReadonlyMap<number, MetricValues>): Promise<Registry> => {
    for (const [process, values] of answers) if (!ended.has(process)) last.set(process, values);
    processes.set(running());
    return together([...last.values(), await past, await own.getMetricsAsJSON()]);
  };

  return {
    restarted: () => restarts.inc(),
    ended: (process) => {
      const kept = last.get(process)?.filter(({ type }) => counted.includes(String(type)));
      if (kept !== undefined) past = past.then((sum) => together([sum, kept]).getMetricsAsJSON());
      ended.add(process);
      last.delete(process);
    },
    values: async (answers) => (await gather(answers)).getMetricsAsJSON(),
    page: async (answers) => {
      const registry = await gather(answers);
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
};
