// Metrics with prom-client: every metric Keyturn has, its help and how several processes' values become one. Names and
// labels are docs/observing.md's, which a test holds in step.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  deliveryOutcomes,
  familyEndReasons,
  limitNames,
  type Metrics,
  type NodeFacts,
  type RingFacts,
  signInOutcomes,
  storeFailures,
} from '../seams/metrics.ts';
import { collectProcessMetrics } from './prom_client_process.ts';
import { createRequestDurations } from './request_durations.ts';

/** As the registry gives them for another process to add up. */
export type MetricValues = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

export interface NodeMetrics extends Metrics {
  /** Says where what is read at every scrape comes from. */
  observe(read: () => NodeFacts & HasherFacts): void;
  values(): Promise<MetricValues>;
}

export interface HasherFacts {
  readonly hashesRunning: number;
  readonly hashesWaiting: number;
}

const writeBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const queueBuckets = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const createCounters = (registers: Registry[]) => {
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter<Label>({ name: `keyturn_${name}`, help, labelNames, registers });
  /** One label, whose values are there from the start: an increase from nothing would be missed. */
  const counterOf = <Label extends string>(name: string, help: string, label: Label, values: readonly string[]) => {
    const made = counter(name, help, [label]);
    // A computed name is a string to TypeScript.
    for (const value of values) made.inc({ [label]: value } as Record<Label, string>, 0);
    return made;
  };
  return {
    tokens: counter('tokens_issued_total', 'Tokens issued.', ['type', 'alg', 'grant_type']),
    refused: counter('requests_refused_total', 'Requests refused, by the reason that is logged.', ['reason']),
    limited: counterOf('rate_limited_total', 'Requests refused by a limit.', 'limit', limitNames),
    signIns: counterOf(
      'sign_ins_total',
      'Passwords entered at the sign-in page, by outcome.',
      'outcome',
      signInOutcomes,
    ),
    families: counterOf(
      'families_ended_total',
      'Authorizations whose tokens were ended by a request. Reuse means that somebody else has had the token or code.',
      'reason',
      familyEndReasons,
    ),
    deliveries: counterOf(
      'logout_deliveries_total',
      'Attempts to tell a client of a logout.',
      'outcome',
      deliveryOutcomes,
    ),
    storeFailures: counterOf('store_failures_total', 'Calls of the database that failed.', 'failure', storeFailures),
  };
};

const createGauges = (registers: Registry[]) => {
  const gauge = <Label extends string>(
    name: string,
    help: string,
    aggregator: 'sum' | 'min' | 'max' | 'first',
    labelNames: readonly Label[] = [],
  ) => new Gauge<Label>({ name: `keyturn_${name}`, help, labelNames, aggregator, registers });
  return {
    signing: gauge('signing', 'Whether this node signs, 1 or 0; /health/ready says why not.', 'min'),
    snapshotAge: gauge('snapshot_age_seconds', "How old this node's view of the keys is.", 'max'),
    clockOffset: gauge(
      'clock_offset_seconds',
      "How far this node's clock was off the database's when the keys were read.",
      'max',
    ),
    standbyMissing: gauge('standby_missing', 'Whether a ring has no standby, 1 or 0.', 'max', ['alg']),
    nextTurn: gauge('next_turn_seconds', 'Time until the standby takes over; absent while there is none.', 'min', [
      'alg',
    ]),
    overdue: gauge('turn_overdue_seconds', 'How far past its period the active key signs.', 'max', ['alg']),
    keys: gauge('keys', 'Published keys, by state.', 'max', ['alg', 'state']),
    keyAge: gauge('key_age_seconds', 'How long the oldest key in a state has been in it.', 'max', ['alg', 'state']),
    hashesRunning: gauge('password_hashes_running', 'Passwords being hashed.', 'sum'),
    hashesWaiting: gauge('password_hashes_waiting', 'Passwords waiting to be hashed.', 'sum'),
    feedFollowers: gauge('revocation_feed_followers', 'Open streams of the revocation feed.', 'sum'),
    build: gauge('build_info', 'Always 1; the version is in the labels.', 'first', ['version', 'node']),
  };
};

const createHistograms = (registers: Registry[]) => ({
  hashWait: new Histogram({
    name: 'keyturn_password_hash_wait_seconds',
    help: 'How long passwords waited to be hashed.',
    buckets: queueBuckets,
    registers,
  }),
  writes: new Histogram({
    name: 'keyturn_store_write_seconds',
    help: 'How long writes took until they were confirmed.',
    buckets: writeBuckets,
    registers,
  }),
});

const showRing = (
  { alg, standbyMissing, nextTurnSeconds, overdueSeconds, states }: RingFacts,
  gauges: ReturnType<typeof createGauges>,
): void => {
  gauges.standbyMissing.set({ alg }, standbyMissing ? 1 : 0);
  if (nextTurnSeconds === undefined) gauges.nextTurn.remove({ alg });
  else gauges.nextTurn.set({ alg }, nextTurnSeconds);
  gauges.overdue.set({ alg }, overdueSeconds);
  for (const { state, keys, eldestSeconds } of states) {
    gauges.keys.set({ alg, state }, keys);
    gauges.keyAge.set({ alg, state }, eldestSeconds);
  }
};

/** @param version - Keyturn's. @param nodeVersion - of what it runs on. */
export const createPromClientMetrics = (version: string, nodeVersion: string): NodeMetrics => {
  const registry = new Registry();
  const registers = [registry];
  const counters = createCounters(registers);
  const gauges = createGauges(registers);
  const histograms = createHistograms(registers);
  const durations = createRequestDurations(
    'keyturn_request_duration_seconds',
    'How long requests took, to the last byte sent.',
  );
  // The registry asks a metric for no more than this; prom-client's own aggregation registers the like.
  registry.registerMetric(durations as unknown as Parameters<Registry['registerMetric']>[0]);
  collectProcessMetrics(registry);
  gauges.build.set({ version, node: nodeVersion }, 1);
  gauges.feedFollowers.set(0);

  let read: (() => NodeFacts & HasherFacts) | undefined;
  const look = (): void => {
    const facts = read?.();
    if (facts === undefined) return;
    gauges.signing.set(facts.signing ? 1 : 0);
    gauges.snapshotAge.set(facts.snapshotAgeSeconds);
    gauges.clockOffset.set(facts.clockOffsetSeconds);
    gauges.hashesRunning.set(facts.hashesRunning);
    gauges.hashesWaiting.set(facts.hashesWaiting);
    for (const ring of facts.rings) showRing(ring, gauges);
  };

  return {
    observe: (source) => {
      read = source;
    },
    requestServed: durations.observe,
    requestRefused: (reason) => counters.refused.inc({ reason }),
    accessTokenIssued: (alg, grantType) => counters.tokens.inc({ type: 'access_token', alg, grant_type: grantType }),
    idTokenIssued: (alg, grantType) => counters.tokens.inc({ type: 'id_token', alg, grant_type: grantType }),
    rateLimited: (limit) => counters.limited.inc({ limit }),
    signIn: (outcome) => counters.signIns.inc({ outcome }),
    familyEnded: (reason) => counters.families.inc({ reason }),
    logoutDelivery: (outcome) => counters.deliveries.inc({ outcome }),
    feedFollowers: (count) => gauges.feedFollowers.set(count),
    passwordHashed: (waitedSeconds) => histograms.hashWait.observe(waitedSeconds),
    storeWritten: (seconds) => histograms.writes.observe(seconds),
    storeFailed: (failure) => counters.storeFailures.inc({ failure }),
    values: async () => {
      look();
      return registry.getMetricsAsJSON();
    },
    page: async () => {
      look();
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
};
