import { describe, expect, test } from 'vitest';
import { createPromClientMetrics } from '../../src/adapters/prom_client_metrics.ts';
import { createProcessesMetrics } from '../../src/adapters/prom_client_processes.ts';

const textOf = async (page: Promise<{ readonly body: string } | undefined>): Promise<string> =>
  (await page)?.body ?? '';

/** The value of a sample, by all that stands before it in its line. */
const sampleOf = (text: string, sample: string): string | undefined =>
  text
    .split('\n')
    .find((line) => line.startsWith(`${sample} `))
    ?.slice(sample.length + 1);

const ring = {
  alg: 'ES256',
  standbyMissing: false,
  nextTurnSeconds: 60,
  overdueSeconds: 0,
  states: [{ state: 'active', keys: 1, eldestSeconds: 5 }],
} as const;
const facts = {
  signing: true,
  snapshotAgeSeconds: 2,
  clockOffsetSeconds: 1,
  rings: [ring],
  hashesRunning: 1,
  hashesWaiting: 3,
};

describe('the metrics of one process', () => {
  test('a request counts in every bucket from its own duration on, under its endpoint and class of status', async () => {
    const metrics = createPromClientMetrics('1.2.3', 'v24');
    metrics.requestServed('token', 200, 0.02);
    metrics.requestServed('token', 201, 99);
    metrics.requestServed('token', 'aborted', 0.1);
    const text = await textOf(metrics.page());
    const bucket = (le: string): string | undefined =>
      sampleOf(text, `keyturn_request_duration_seconds_bucket{le="${le}",endpoint="token",status="2xx"}`);
    expect([bucket('0.01'), bucket('0.025'), bucket('10'), bucket('+Inf')]).toEqual(['0', '1', '1', '2']);
    expect(sampleOf(text, 'keyturn_request_duration_seconds_count{endpoint="token",status="2xx"}')).toBe('2');
    expect(sampleOf(text, 'keyturn_request_duration_seconds_sum{endpoint="token",status="2xx"}')).toBe('99.02');
    expect(sampleOf(text, 'keyturn_request_duration_seconds_count{endpoint="token",status="aborted"}')).toBe('1');
  });

  test('what an alert watches for an increase of is there from the start, at 0', async () => {
    const text = await textOf(createPromClientMetrics('1.2.3', 'v24').page());
    for (const sample of [
      'keyturn_families_ended_total{reason="refresh_token_reused"}',
      'keyturn_sign_ins_total{outcome="failed"}',
      'keyturn_store_failures_total{failure="unavailable"}',
      'keyturn_logout_deliveries_total{outcome="given_up"}',
    ])
      expect(sampleOf(text, sample), sample).toBe('0');
  });

  test('the state of the node is read when the page is asked for; a turn that is not planned has no value', async () => {
    const metrics = createPromClientMetrics('1.2.3', 'v24');
    let now: ReturnType<Parameters<typeof metrics.observe>[0]> = facts;
    metrics.observe(() => now);
    expect(sampleOf(await textOf(metrics.page()), 'keyturn_next_turn_seconds{alg="ES256"}')).toBe('60');
    now = { ...facts, signing: false, rings: [{ ...ring, standbyMissing: true, nextTurnSeconds: undefined }] };
    const text = await textOf(metrics.page());
    expect(sampleOf(text, 'keyturn_signing')).toBe('0');
    expect(sampleOf(text, 'keyturn_standby_missing{alg="ES256"}')).toBe('1');
    expect(sampleOf(text, 'keyturn_next_turn_seconds{alg="ES256"}')).toBeUndefined();
    expect(sampleOf(text, 'keyturn_password_hashes_waiting')).toBe('3');
  });

  test('before the keys were read the age of the view is infinite, in the word Prometheus has for it', async () => {
    const metrics = createPromClientMetrics('1.2.3', 'v24');
    metrics.observe(() => ({ ...facts, snapshotAgeSeconds: Number.POSITIVE_INFINITY }));
    expect(sampleOf(await textOf(metrics.page()), 'keyturn_snapshot_age_seconds')).toBe('+Inf');
  });
});

describe('the metrics of several processes, as one page', () => {
  const twoProcesses = () => {
    const [one, two] = [createPromClientMetrics('1.2.3', 'v24'), createPromClientMetrics('1.2.3', 'v24')];
    one.observe(() => facts);
    two.observe(() => ({ ...facts, signing: false, snapshotAgeSeconds: 9, hashesWaiting: 4 }));
    return [one, two] as const;
  };

  test('counters, queues and durations add up; of the state the worst counts', async () => {
    const [one, two] = twoProcesses();
    for (const each of [one, two]) {
      each.signIn('failed');
      each.requestServed('token', 200, 0.02);
    }
    const together = createProcessesMetrics(() => 2);
    const answers = new Map([
      [1, await one.values()],
      [2, await two.values()],
    ]);
    const text = await textOf(together.page(answers));
    expect(sampleOf(text, 'keyturn_sign_ins_total{outcome="failed"}')).toBe('2');
    expect(sampleOf(text, 'keyturn_request_duration_seconds_count{endpoint="token",status="2xx"}')).toBe('2');
    expect(sampleOf(text, 'keyturn_password_hashes_waiting')).toBe('7');
    expect(sampleOf(text, 'keyturn_signing')).toBe('0');
    expect(sampleOf(text, 'keyturn_snapshot_age_seconds')).toBe('9');
    expect(sampleOf(text, 'keyturn_build_info{version="1.2.3",node="v24"}')).toBe('1');
    expect(sampleOf(text, 'keyturn_processes')).toBe('2');
  });

  test('a counter never falls: what a process counted stays when it ends, and its gauges go', async () => {
    const [one, two] = twoProcesses();
    one.signIn('failed');
    two.signIn('failed');
    const together = createProcessesMetrics(() => 1);
    const [ofOne, ofTwo] = [await one.values(), await two.values()];
    await together.page(
      new Map([
        [1, ofOne],
        [2, ofTwo],
      ]),
    );
    together.ended(2);
    together.restarted();
    // An answer that was under way when it ended changes nothing.
    for (const late of [false, true]) {
      const answers = new Map([[1, ofOne]]);
      if (late) answers.set(2, ofTwo);
      const text = await textOf(together.page(answers));
      expect(sampleOf(text, 'keyturn_sign_ins_total{outcome="failed"}')).toBe('2');
      expect(sampleOf(text, 'keyturn_signing')).toBe('1');
      expect(sampleOf(text, 'keyturn_password_hashes_waiting')).toBe('3');
      expect(sampleOf(text, 'keyturn_process_restarts_total')).toBe('1');
    }
  });

  test('a process that does not answer counts with what it said last', async () => {
    const [one, two] = twoProcesses();
    const together = createProcessesMetrics(() => 2);
    one.signIn('succeeded');
    await together.page(
      new Map([
        [1, await one.values()],
        [2, await two.values()],
      ]),
    );
    const text = await textOf(together.page(new Map([[2, await two.values()]])));
    expect(sampleOf(text, 'keyturn_sign_ins_total{outcome="succeeded"}')).toBe('1');
  });
});
