// Writes docs/configuration.md from the settings: `npm run docs`. A test holds the page in step.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readConfig } from '../src/config.ts';
import { type SettingName, settings } from '../src/settings.ts';

interface Group {
  readonly heading: string;
  readonly names: readonly SettingName[];
}

const groups: readonly Group[] = [
  { heading: 'Where it is', names: ['KEYTURN_ISSUER', 'KEYTURN_HOST', 'KEYTURN_PORT'] },
  {
    heading: 'What it keeps',
    names: ['KEYTURN_DATABASE_URL', 'KEYTURN_DATABASE_CONNECTIONS', 'KEYTURN_KEK_RING', 'KEYTURN_KEK_RING_FILE'],
  },
  {
    heading: 'How keys turn over',
    names: ['KEYTURN_ROTATION_PERIOD_SECONDS', 'KEYTURN_LEAD_SECONDS', 'KEYTURN_GRACE_SECONDS'],
  },
  {
    heading: 'What you promise about caches, verifiers and clocks',
    names: [
      'KEYTURN_MAX_TOKEN_SECONDS',
      'KEYTURN_JWKS_MAX_AGE_SECONDS',
      'KEYTURN_SHARED_CACHE_SECONDS',
      'KEYTURN_SLOWEST_VERIFIER_SECONDS',
      'KEYTURN_SNAPSHOT_SECONDS',
      'KEYTURN_CLOCK_ERROR_SECONDS',
      'KEYTURN_LEEWAY_SECONDS',
      'KEYTURN_FETCH_TIMEOUT_SECONDS',
    ],
  },
  {
    heading: 'Tokens',
    names: [
      'KEYTURN_ACCESS_TOKEN_SECONDS',
      'KEYTURN_ID_TOKEN_SECONDS',
      'KEYTURN_REFRESH_TOKEN_SECONDS',
      'KEYTURN_REFRESH_FAMILY_SECONDS',
      'KEYTURN_REFRESH_RETRY_SECONDS',
    ],
  },
  {
    heading: 'People',
    names: ['KEYTURN_SESSION_IDLE_SECONDS', 'KEYTURN_SESSION_SECONDS', 'KEYTURN_SIGN_UP', 'KEYTURN_AUDIT_SECONDS'],
  },
  {
    heading: 'Revocation',
    names: ['KEYTURN_STATUS_LIST_TTL_SECONDS', 'KEYTURN_STATUS_LIST_PLACES'],
  },
  {
    heading: 'Remote administration',
    names: ['KEYTURN_ADMIN_TOKEN', 'KEYTURN_REMOTE'],
  },
  {
    heading: 'Serving',
    names: [
      'KEYTURN_TRUSTED_PROXIES',
      'KEYTURN_CLIENT_REQUESTS_PER_SECOND',
      'KEYTURN_MAX_CONNECTIONS',
      'KEYTURN_KEEP_ALIVE_SECONDS',
      'KEYTURN_DRAIN_SECONDS',
      'KEYTURN_PROCESSES',
      'KEYTURN_LOG_LEVEL',
    ],
  },
  {
    heading: 'Metrics',
    names: ['KEYTURN_METRICS_PORT', 'KEYTURN_METRICS_HOST', 'KEYTURN_METRICS_TOKEN'],
  },
];

const { policy, host, port } = readConfig({});

/** What the settings without a written default come to when nothing is set. */
const derived: Partial<Record<SettingName, number | string>> = {
  KEYTURN_HOST: host,
  KEYTURN_PORT: port,
  KEYTURN_LEAD_SECONDS: policy.leadSeconds,
  KEYTURN_GRACE_SECONDS: policy.graceSeconds,
};

const boundsOf = (name: SettingName): string => {
  const { minimum, maximum } = z.toJSONSchema(settings[name].schema, { io: 'output' });
  return minimum === undefined ? '' : `${minimum} to ${maximum}`;
};

const rowOf = (name: SettingName): string => {
  const { description, fallback = derived[name] } = settings[name];
  const shown = fallback === undefined ? '' : `\`${fallback}\``;
  return `| \`${name}\` | ${shown} | ${boundsOf(name)} | ${description.replaceAll('|', '\\|')} |`;
};

const sectionOf = ({ heading, names }: Group): string =>
  [`## ${heading}`, '', '| Variable | Default | Bounds | Meaning |', '|---|---|---|---|', ...names.map(rowOf), ''].join(
    '\n',
  );

const opening = `# Configuration

<!-- Generated from src/settings.ts by "npm run docs"; edit that file, not this one. -->

Keyturn is configured by environment variables alone, read once at start. An empty variable counts as absent. Durations
are whole seconds. A value out of bounds, or two that contradict each other, is refused at start with the numbers on both
sides; a variable that starts with \`KEYTURN_\` and is not in these tables causes a warning. The letters (T, A, S, V, P, E,
L, F) are those of [keys and rotation](keys-and-rotation.md#the-symbols).

Of other variables, Keyturn reads \`PGUSER\` and \`PGPASSWORD\` where the URL of a Postgres database leaves them out, those of
OpenTelemetry for [traces](observing.md#traces), and \`NO_COLOR\`; Node itself reads \`NODE_COMPILE_CACHE\` and its other ones.
`;

export const configurationPage = (): string => `${[opening, ...groups.map(sectionOf)].join('\n').trimEnd()}\n`;

if (import.meta.main) writeFileSync(fileURLToPath(new URL('configuration.md', import.meta.url)), configurationPage());
