import { describe, expect, test } from 'vitest';
import {
  graceSecondsOf,
  minimumGraceSeconds,
  minimumLeadSeconds,
  publishAheadSeconds,
  refreshAfterSeconds,
  type Timing,
} from '../../src/keys/timing.ts';
import { grace, lead, policy, timing } from './rotation_parts.ts';

const leadWith = (change: Partial<Timing>): number => minimumLeadSeconds({ ...timing, ...change });
const graceWith = (change: Partial<Timing>): number =>
  minimumGraceSeconds({ ...timing, ...change }, timing.maxTokenSeconds);

describe('lead', () => {
  test('is P + S + max(A, V) + 2E + F', () => {
    expect(minimumLeadSeconds(timing)).toBe(30 + 30 + 120 + 2 * 5 + 10);
    expect(minimumLeadSeconds(timing)).toBe(lead);
  });

  test('S adds to V, because libraries with a cache of their own do not read Age', () => {
    expect(leadWith({ sharedCacheSeconds: 0, slowestVerifierSeconds: 150 })).toBe(lead);
  });

  test('A counts where it is longer than V, and not beside it', () => {
    expect(leadWith({ jwksMaxAgeSeconds: 120 })).toBe(lead);
    expect(leadWith({ jwksMaxAgeSeconds: 121 })).toBe(lead + 1);
  });

  test('E counts twice', () => {
    expect(leadWith({ clockErrorSeconds: 6 })).toBe(lead + 2);
  });

  test('neither T nor L counts', () => {
    expect(leadWith({ maxTokenSeconds: 9999, leewaySeconds: 999 })).toBe(lead);
  });
});

describe('grace', () => {
  test('is P + T + L + 2E', () => {
    expect(minimumGraceSeconds(timing, 600)).toBe(30 + 600 + 60 + 2 * 5);
    expect(minimumGraceSeconds(timing, 600)).toBe(grace);
  });

  test('E counts twice', () => {
    expect(graceWith({ clockErrorSeconds: 6 })).toBe(grace + 2);
  });

  test('no cache counts: a fresh key set must hold the key as well as an old one', () => {
    const caches = { jwksMaxAgeSeconds: 0, sharedCacheSeconds: 0, slowestVerifierSeconds: 0, fetchTimeoutSeconds: 0 };
    expect(graceWith(caches)).toBe(grace);
  });

  test('is by the longest token the key ever signed: lowering T later does not shorten it', () => {
    const lowered = { ...policy, maxTokenSeconds: 60, graceSeconds: minimumGraceSeconds(timing, 60) };
    expect(graceSecondsOf(lowered, 600)).toBe(grace);
    expect(graceSecondsOf(lowered, 60)).toBe(grace - 540);
  });

  test('is what the operator chose where that is longer', () => {
    expect(graceSecondsOf({ ...policy, graceSeconds: 5000 }, 600)).toBe(5000);
  });
});

test('a standby is made lead before a turn, and P earlier still for a runner that comes late', () => {
  expect(publishAheadSeconds(policy)).toBe(lead + 30);
});

describe('a node reads the keys again', () => {
  test('after a third of P, so that one read may fail', () => {
    expect(refreshAfterSeconds(timing)).toBe(10);
    expect(refreshAfterSeconds(timing, 500)).toBe(10);
  });

  test('sooner where something is due before, but not without a pause', () => {
    expect(refreshAfterSeconds(timing, 4)).toBe(4);
    expect(refreshAfterSeconds(timing, 0)).toBe(0.1);
    expect(refreshAfterSeconds(timing, -7)).toBe(0.1);
  });
});
