// The dashboard and the alerts name metrics, labels and values that there are. promtool runs the alerts in .ci/run.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { everyMetric, observingPage } from '../../docs/observing.ts';
import { createPromClientMetrics, type MetricValues } from '../../src/adapters/prom_client_metrics.ts';
import { endpointNameOf, operatorPaths, paths } from '../../src/endpoints/paths.ts';
import { failures } from '../../src/errors.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<'summary' | 'description', string>>;
}

const rules = parse(readFileSync('deploy/prometheus/keyturn.rules.yml', 'utf8')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const alerts = rules.groups.flatMap((group) => group.rules);

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}
const dashboard = JSON.parse(readFileSync('deploy/grafana/keyturn.json', 'utf8')) as {
  readonly panels: readonly Panel[];
};

const ofProcess = (await createPromClientMetrics('0', 'v0').values()).filter(
  ({ name }) => !name.startsWith('keyturn_'),
);
const known: MetricValues = [...(await everyMetric()), ...ofProcess];

const metricOf = (name: string) =>
  known.find((metric) => [metric.name, ...suffixes.map((suffix) => metric.name + suffix)].includes(name));
const suffixes = ['_bucket', '_sum', '_count'];

/** The metrics an expression names, each with the labels it asks for. */
const namedIn = (expr: string) =>
  [...expr.matchAll(/\b((?:keyturn|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', selector = '']) => ({
    name,
    labels: [...selector.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label),
    values: [...selector.matchAll(/(\w+)=~?"([^"$]*)"/g)].map(([, label = '', value = '']) => [label, value] as const),
  }));

/** Put on by Prometheus. */
const ofScrape = ['instance', 'job'];

const expressions = [
  ...alerts.map(({ alert, expr }) => [alert, expr] as const),
  ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
];

describe.each(expressions)('%s', (_title, expr) => {
  test('names only metrics and labels that there are', () => {
    const named = namedIn(expr);
    expect(named).not.toEqual([]);
    for (const { name, labels } of named) {
      const metric = metricOf(name);
      expect(metric, name).toBeDefined();
      const there = new Set(metric?.values.flatMap((sample) => Object.keys(sample.labels ?? {})));
      expect(labels.filter((label) => !there.has(label) && !ofScrape.includes(label))).toEqual([]);
    }
  });

  test('names only values that a label can have', () => {
    const endpoints = [...Object.keys(paths), ...Object.keys(operatorPaths)];
    const free: Readonly<Record<string, readonly string[]>> = {
      endpoint: endpoints,
      status: ['2xx', '3xx', '4xx', '5xx', 'aborted'],
      reason: [...Object.keys(failures), 'refresh_token_reused', 'code_reused'],
    };
    for (const { name, values } of namedIn(expr))
      for (const [label, value] of values) {
        const had = metricOf(name)?.values.map((sample) => `${sample.labels[label as never]}`) ?? [];
        for (const one of value.split('|').filter(Boolean)) expect([...(free[label] ?? []), ...had]).toContain(one);
      }
  });
});

describe('the alerts', () => {
  test('are those that docs/observing.md tells of, and each is tried in keyturn.tests.yml', () => {
    const page = readFileSync('docs/observing.md', 'utf8');
    const tried = readFileSync('deploy/prometheus/keyturn.tests.yml', 'utf8');
    const told = [...page.matchAll(/^\| `(Keyturn\w+)` \|/gm)].map(([, name]) => name);
    expect(alerts.map(({ alert }) => alert)).toEqual(told);
    for (const { alert } of alerts) expect(tried).toContain(`alertname: ${alert}`);
  });
});

describe('the dashboard', () => {
  test('has no two panels in one place, and none beyond the edge', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
  });

  test('shows every metric of Keyturn', async () => {
    const shown = new Set(expressions.flatMap(([, expr]) => namedIn(expr).map(({ name }) => metricOf(name)?.name)));
    expect((await everyMetric()).map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);
  });
});

describe('docs/observing.md', () => {
  test('has the table of what is counted; run "npm run docs" when it has not', async () => {
    const page = readFileSync('docs/observing.md', 'utf8');
    expect(page).toBe(await observingPage(page));
  });
});

describe('what an endpoint is called', () => {
  test('by its place in the metadata, below an issuer with a path too; a page below another by that one', () => {
    for (const base of ['', '/tenant']) {
      expect(endpointNameOf(`${base}/token`, base)).toBe('token');
      expect(endpointNameOf(`${base}/status-lists/:list_id`, base)).toBe('status_list');
      expect(endpointNameOf(`${base}/account/sessions`, base)).toBe('account');
      expect(endpointNameOf(`${base}/demo/callback`, base)).toBe('demo');
      expect(endpointNameOf(`${base}/admin/store`, base)).toBe('admin_store');
      expect(endpointNameOf(`/.well-known/oauth-authorization-server${base}`, base)).toBe('oauth_authorization_server');
      expect(endpointNameOf(base || '/', base)).toBe('root');
      expect(endpointNameOf('/health/ready', base)).toBe('ready');
    }
  });
});
