// Reads the settings once, cross-checks them, and refuses every contradiction with both numbers in the message.
import type { z } from 'zod';
import { OperatorError } from './errors.ts';
import {
  minimumGraceInWords,
  minimumGraceSeconds,
  minimumLeadInWords,
  minimumLeadSeconds,
  type RotationPolicy,
  type Timing,
} from './keys/timing.ts';
import type { LogLevel } from './seams/log.ts';
import { isLoopback, type SettingName, settings } from './settings.ts';

export interface Config {
  readonly issuer: string;
  /** Whether the issuer is on loopback: the development conveniences are for it alone. */
  readonly loopback: boolean;
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string;
  readonly databaseConnections: number;
  readonly kekRing: string | undefined;
  readonly kekRingFile: string;
  /** The folder in which systemd hands over files (systemd.exec(5)). */
  readonly credentials: string | undefined;
  readonly policy: RotationPolicy;
  readonly accessTokenSeconds: number;
  readonly idTokenSeconds: number;
  readonly refreshTokenSeconds: number;
  readonly refreshFamilySeconds: number;
  readonly refreshRetrySeconds: number;
  readonly sessionIdleSeconds: number;
  readonly sessionSeconds: number;
  /** 0 for ever. */
  readonly auditSeconds: number;
  readonly signUp: boolean;
  readonly statusListTtlSeconds: number;
  readonly statusListPlaces: number;
  readonly trustedProxies: number;
  /** For each grant type and node; 0 sets no limit. */
  readonly clientRequestsPerSecond: number;
  /** Opens the administration from afar to whoever has it; undefined where it is closed. */
  readonly adminToken: string | undefined;
  /** The issuer whose store commands use instead of their own. */
  readonly remote: string | undefined;
  /** What who administers from afar must have alike: every setting that is neither secret nor of the machine. */
  readonly shared: Readonly<Record<string, string>>;
  readonly maxConnections: number;
  readonly keepAliveSeconds: number;
  readonly drainSeconds: number;
  /** `auto`: one for each core. */
  readonly processes: number | 'auto';
  readonly metricsPort: number | undefined;
  readonly metricsHost: string;
  readonly metricsToken: string | undefined;
  readonly logLevel: LogLevel;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Kubernetes sets these for a Service named keyturn; the first collides with ours. */
const serviceLink = /^KEYTURN_(SERVICE_|PORT_\d)/;

/** Variables that look like settings and are none: a misspelt one would silently leave the default in force. */
export const unknownSettings = (environment: Environment): readonly string[] =>
  Object.keys(environment).filter(
    (name) => name.startsWith('KEYTURN_') && !(name in settings) && !serviceLink.test(name),
  );

/** Never shown, not even to say what is wrong with them. */
const secrets: readonly SettingName[] = ['KEYTURN_KEK_RING', 'KEYTURN_ADMIN_TOKEN', 'KEYTURN_METRICS_TOKEN'];

/** Of the machine, and nobody else's business. */
const ofTheMachine: readonly SettingName[] = [
  'KEYTURN_HOST',
  'KEYTURN_PORT',
  'KEYTURN_DATABASE_URL',
  'KEYTURN_DATABASE_CONNECTIONS',
  'KEYTURN_KEK_RING_FILE',
  'KEYTURN_REMOTE',
  'KEYTURN_MAX_CONNECTIONS',
  'KEYTURN_KEEP_ALIVE_SECONDS',
  'KEYTURN_DRAIN_SECONDS',
  'KEYTURN_PROCESSES',
  'KEYTURN_METRICS_PORT',
  'KEYTURN_METRICS_HOST',
  'KEYTURN_LOG_LEVEL',
];

/** What who administers an issuer from afar takes over from it. */
export const sharedSettings: readonly SettingName[] = (Object.keys(settings) as SettingName[]).filter(
  (name) => !secrets.includes(name) && !ofTheMachine.includes(name),
);

const sharedOf = (environment: Environment): Config['shared'] =>
  Object.fromEntries(
    sharedSettings.flatMap((name) => {
      const value = environment[name] || settings[name].fallback;
      return value === undefined ? [] : [[name, value]];
    }),
  );

type Derivable =
  | 'KEYTURN_HOST'
  | 'KEYTURN_PORT'
  | 'KEYTURN_KEK_RING'
  | 'KEYTURN_LEAD_SECONDS'
  | 'KEYTURN_GRACE_SECONDS'
  | 'KEYTURN_ADMIN_TOKEN'
  | 'KEYTURN_REMOTE'
  | 'KEYTURN_METRICS_PORT'
  | 'KEYTURN_METRICS_TOKEN';
type Values = {
  readonly [Name in SettingName]:
    | z.output<(typeof settings)[Name]['schema']>
    | (Name extends Derivable ? undefined : never);
};

const complaintOf = (name: string, found: string, message: string): string => {
  // A URL may hold a password, before its host or in its query: that of a database, and one that was not meant to.
  const mayHoldPassword = /@|pass/i.test(found);
  if (mayHoldPassword || secrets.some((secret) => secret === name)) return `${name}: ${message}.`;
  const fromKubernetes = name === 'KEYTURN_PORT' && found.startsWith('tcp://');
  const advice = fromKubernetes ? ' (Kubernetes set it: put enableServiceLinks: false into the pod spec)' : '';
  return `${name}: ${message}; found ${JSON.stringify(found)}${advice}.`;
};

const read = (environment: Environment): Values => {
  const values: Partial<Record<string, unknown>> = {};
  const complaints: string[] = [];
  for (const [name, { schema, fallback }] of Object.entries(settings)) {
    const found = environment[name] || fallback;
    if (found === undefined) continue;
    const parsed = schema.safeParse(found);
    if (parsed.success) values[name] = parsed.data;
    else complaints.push(...parsed.error.issues.map((issue) => complaintOf(name, found, issue.message)));
  }
  if (complaints.length > 0)
    throw new OperatorError(`The configuration cannot be used. ${complaints.join(' ')} See docs/configuration.md.`);
  // Every setting without a fallback is Derivable, and each value came out of its own schema.
  return values as Values;
};

const timingOf = (values: Values): Timing => ({
  maxTokenSeconds: values.KEYTURN_MAX_TOKEN_SECONDS,
  jwksMaxAgeSeconds: values.KEYTURN_JWKS_MAX_AGE_SECONDS,
  sharedCacheSeconds: values.KEYTURN_SHARED_CACHE_SECONDS,
  slowestVerifierSeconds: values.KEYTURN_SLOWEST_VERIFIER_SECONDS,
  snapshotSeconds: values.KEYTURN_SNAPSHOT_SECONDS,
  clockErrorSeconds: values.KEYTURN_CLOCK_ERROR_SECONDS,
  leewaySeconds: values.KEYTURN_LEEWAY_SECONDS,
  fetchTimeoutSeconds: values.KEYTURN_FETCH_TIMEOUT_SECONDS,
});

const policyOf = (values: Values): RotationPolicy => {
  const timing = timingOf(values);
  const leastLead = minimumLeadSeconds(timing);
  const leastGrace = minimumGraceSeconds(timing, timing.maxTokenSeconds);
  return {
    ...timing,
    periodSeconds: values.KEYTURN_ROTATION_PERIOD_SECONDS,
    leadSeconds: values.KEYTURN_LEAD_SECONDS ?? leastLead,
    graceSeconds: values.KEYTURN_GRACE_SECONDS ?? leastGrace,
  };
};

/** Each contradiction with the numbers on both sides and the way out. */
const contradictionsOf = (policy: RotationPolicy, accessTokenSeconds: number): readonly string[] => {
  const found: string[] = [];
  const { snapshotSeconds: p, slowestVerifierSeconds: v, maxTokenSeconds: t } = policy;
  const leastLead = minimumLeadSeconds(policy);
  if (policy.leadSeconds < leastLead)
    found.push(
      `KEYTURN_LEAD_SECONDS is ${policy.leadSeconds}, but a verifier may hold a key set ${leastLead} s old: ` +
        `${minimumLeadInWords(policy)}. Raise it to ${leastLead}, or leave it out.`,
    );
  const leastGrace = minimumGraceSeconds(policy, t);
  if (policy.graceSeconds < leastGrace)
    found.push(
      `KEYTURN_GRACE_SECONDS is ${policy.graceSeconds}, but a token may be good for ${leastGrace} s after its key's turn: ` +
        `${minimumGraceInWords(policy)}. Raise it to ${leastGrace}, or leave it out.`,
    );
  const leastPeriod = policy.leadSeconds + p;
  if (policy.periodSeconds <= leastPeriod)
    found.push(
      `KEYTURN_ROTATION_PERIOD_SECONDS is ${policy.periodSeconds}, but a standby must be published for lead + P = ` +
        `${policy.leadSeconds} + ${p} s before its turn. Make the period longer than ${leastPeriod}, or lower KEYTURN_SLOWEST_VERIFIER_SECONDS (${v}).`,
    );
  if (accessTokenSeconds > t)
    found.push(
      `KEYTURN_ACCESS_TOKEN_SECONDS is ${accessTokenSeconds}, but no token may live longer than KEYTURN_MAX_TOKEN_SECONDS, ${t}. Lower the first or raise the second.`,
    );
  return found;
};

const hostOf = (values: Values): string =>
  values.KEYTURN_HOST ?? (new URL(values.KEYTURN_ISSUER).hostname === '[::1]' ? '::1' : '127.0.0.1');

const portOf = (values: Values): number => {
  if (values.KEYTURN_PORT !== undefined) return values.KEYTURN_PORT;
  const { port } = new URL(values.KEYTURN_ISSUER);
  return isLoopback(values.KEYTURN_ISSUER) && port !== '' ? Number(port) : 3000;
};

/**
 * @param environment - the process environment, or the bindings of a Worker; an empty value counts as absent.
 * @throws {OperatorError} naming every setting that is wrong, or every contradiction.
 */
export const readConfig = (environment: Environment): Config => {
  const values = read(environment);
  const policy = policyOf(values);
  const contradictions = contradictionsOf(policy, values.KEYTURN_ACCESS_TOKEN_SECONDS);
  if (contradictions.length > 0)
    throw new OperatorError(`The configuration contradicts itself. ${contradictions.join(' ')}`);
  return {
    issuer: values.KEYTURN_ISSUER,
    loopback: isLoopback(values.KEYTURN_ISSUER),
    host: hostOf(values),
    port: portOf(values),
    databaseUrl: values.KEYTURN_DATABASE_URL,
    databaseConnections: values.KEYTURN_DATABASE_CONNECTIONS,
    kekRing: values.KEYTURN_KEK_RING,
    kekRingFile: values.KEYTURN_KEK_RING_FILE,
    credentials: environment.CREDENTIALS_DIRECTORY,
    policy,
    accessTokenSeconds: values.KEYTURN_ACCESS_TOKEN_SECONDS,
    idTokenSeconds: values.KEYTURN_ID_TOKEN_SECONDS,
    refreshTokenSeconds: values.KEYTURN_REFRESH_TOKEN_SECONDS,
    refreshFamilySeconds: values.KEYTURN_REFRESH_FAMILY_SECONDS,
    refreshRetrySeconds: values.KEYTURN_REFRESH_RETRY_SECONDS,
    sessionIdleSeconds: values.KEYTURN_SESSION_IDLE_SECONDS,
    sessionSeconds: values.KEYTURN_SESSION_SECONDS,
    auditSeconds: values.KEYTURN_AUDIT_SECONDS,
    signUp: values.KEYTURN_SIGN_UP === 'on',
    statusListTtlSeconds: values.KEYTURN_STATUS_LIST_TTL_SECONDS,
    statusListPlaces: values.KEYTURN_STATUS_LIST_PLACES,
    trustedProxies: values.KEYTURN_TRUSTED_PROXIES,
    clientRequestsPerSecond: values.KEYTURN_CLIENT_REQUESTS_PER_SECOND,
    adminToken: values.KEYTURN_ADMIN_TOKEN,
    remote: values.KEYTURN_REMOTE,
    shared: sharedOf(environment),
    maxConnections: values.KEYTURN_MAX_CONNECTIONS,
    keepAliveSeconds: values.KEYTURN_KEEP_ALIVE_SECONDS,
    drainSeconds: values.KEYTURN_DRAIN_SECONDS,
    processes: values.KEYTURN_PROCESSES,
    metricsPort: values.KEYTURN_METRICS_PORT,
    metricsHost: values.KEYTURN_METRICS_HOST,
    metricsToken: values.KEYTURN_METRICS_TOKEN,
    logLevel: values.KEYTURN_LOG_LEVEL,
  };
};
