// Writes the table of metrics in docs/observing.md from the metrics themselves: `npm run docs`. A test holds it in step.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createPromClientMetrics, type MetricValues } from '../src/adapters/prom_client_metrics.ts';
import { createProcessesMetrics } from '../src/adapters/prom_client_processes.ts';
import { signingAlgorithms } from '../src/seams/signer.ts';

const begin = '<!-- metrics, by "npm run docs" -->';
const end = '<!-- /metrics -->';

const ringOf = (alg: (typeof signingAlgorithms)[number]) => ({
  alg,
  standbyMissing: false,
  nextTurnSeconds: 1,
  overdueSeconds: 0,
  states: ['standby', 'active', 'retiring'].map((state) => ({ state, keys: 1, eldestSeconds: 1 })),
});

/** Every metric of Keyturn's own, with one sample of each at least. */
export const everyMetric = async (): Promise<MetricValues> => {
  const metrics = createPromClientMetrics('0', 'v0');
  metrics.observe(() => ({
    signing: true,
    snapshotAgeSeconds: 1,
    clockOffsetSeconds: 0,
    rings: signingAlgorithms.map(ringOf),
    hashesRunning: 0,
    hashesWaiting: 0,
  }));
  metrics.requestServed('token', 200, 0.1);
  metrics.requestRefused('internal');
  metrics.accessTokenIssued('ES256', 'client_credentials');
  const processes = createProcessesMetrics(() => 1);
  const answers = new Map([[1, await metrics.values()]]);
  return (await processes.values(answers)).filter(({ name }) => name.startsWith('keyturn_'));
};

const labelsOf = (metric: MetricValues[number]): string => {
  const labels = new Set(metric.values.flatMap(({ labels }) => Object.keys(labels ?? {})));
  labels.delete('le');
  return [...labels].map((label) => `\`${label}\``).join(', ');
};

/** The page with the table as it should be. */
export const observingPage = async (page: string): Promise<string> => {
  const rows = (await everyMetric()).map(
    (metric) => `| \`${metric.name}\` | ${metric.type} | ${labelsOf(metric)} | ${metric.help} |`,
  );
  const table = ['| Metric | Type | Labels | Meaning |', '|---|---|---|---|', ...rows.sort()].join('\n');
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new TypeError(`docs/observing.md must have ${begin} and ${end}`);
  return `${before}${begin}\n\n${table}\n\n${end}${after}`;
};

if (import.meta.main) {
  const path = fileURLToPath(new URL('observing.md', import.meta.url));
  writeFileSync(path, await observingPage(readFileSync(path, 'utf8')));
}
