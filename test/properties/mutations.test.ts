// Each term of lead and grace is needed: a ring that is told less than the truth by one term refuses a token.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { minimumGraceSeconds, type RotationPolicy, type Timing } from '../../src/keys/timing.ts';
import { refusedTokens, ringsWithoutAReadyStandby } from './invariants.ts';
import { reachOf } from './reach.ts';
import { runs } from './runs.ts';
import { byHand, stories, timings } from './story.ts';
import { unfold } from './world.ts';

/** In a world where no term is zero, or taking it away would change nothing. */
const timing = timings(1);

/** Whether I1 fails in some story when Keyturn is told `cut(policy)`, and tokens live for the T of the world. */
const refusesTokens = (cut: (policy: RotationPolicy) => RotationPolicy): boolean =>
  fc.check(
    fc.property(stories({ timing, cut, acts: byHand }), (story) => {
      const world = unfold(story);
      const tokenSeconds = ({ longestTokenSeconds }: { readonly longestTokenSeconds: number }) =>
        Math.max(longestTokenSeconds, story.timing.maxTokenSeconds);
      return refusedTokens(world, reachOf(world, tokenSeconds)).length === 0;
    }),
    { ...runs(250), endOnFailure: true },
  ).failed;

const withLead = (secondsLess: (timing: Timing) => number) => (policy: RotationPolicy) => ({
  ...policy,
  leadSeconds: policy.leadSeconds - secondsLess(policy),
});

/** Everything a key's grace is computed from, its lead as it should be. */
const withGraceOf = (less: (timing: Timing) => Partial<Timing>) => (policy: RotationPolicy) => {
  const cut = { ...policy, ...less(policy) };
  return { ...cut, graceSeconds: minimumGraceSeconds(cut, cut.maxTokenSeconds) };
};

describe('lead = P + S + max(A, V) + 2E + F: without one term, a verifier meets a key it does not have', () => {
  const terms: readonly (readonly [string, (timing: Timing) => number])[] = [
    ['P', ({ snapshotSeconds }) => snapshotSeconds],
    ['S', ({ sharedCacheSeconds }) => sharedCacheSeconds],
    ['max(A, V)', ({ jwksMaxAgeSeconds: a, slowestVerifierSeconds: v }) => Math.max(a, v)],
    ['A where it is more than V', ({ jwksMaxAgeSeconds: a, slowestVerifierSeconds: v }) => Math.max(a - v, 0)],
    ['V where it is more than A', ({ jwksMaxAgeSeconds: a, slowestVerifierSeconds: v }) => Math.max(v - a, 0)],
    ['2E', ({ clockErrorSeconds }) => 2 * clockErrorSeconds],
    ['one E of the two', ({ clockErrorSeconds }) => clockErrorSeconds],
    ['F', ({ fetchTimeoutSeconds }) => fetchTimeoutSeconds],
  ];

  test('with all of them none does', () => {
    expect(refusesTokens(withLead(() => 0))).toBe(false);
  });

  test.each(terms)('%s', (_, term) => {
    expect(refusesTokens(withLead(term))).toBe(true);
  });
});

describe('grace = P + T + L + 2E: without one term, a key leaves the key set before its last token', () => {
  const terms: readonly (readonly [string, (timing: Timing) => Partial<Timing>])[] = [
    ['P', () => ({ snapshotSeconds: 0 })],
    ['T', () => ({ maxTokenSeconds: 0 })],
    ['L', () => ({ leewaySeconds: 0 })],
    ['2E', () => ({ clockErrorSeconds: 0 })],
    ['one E of the two', ({ clockErrorSeconds }) => ({ clockErrorSeconds: clockErrorSeconds / 2 })],
    ['a single second', ({ clockErrorSeconds }) => ({ clockErrorSeconds: clockErrorSeconds - 0.5 })],
  ];

  test('with all of them none does', () => {
    expect(refusesTokens(withGraceOf(() => ({})))).toBe(false);
  });

  test.each(terms)('%s', (_, less) => {
    expect(refusesTokens(withGraceOf(less))).toBe(true);
  });
});

test('a standby that is made only lead ahead of a turn, without P, comes too late when the runner does', () => {
  const cut = (policy: RotationPolicy) => ({ ...policy, snapshotSeconds: 0 });
  const late = fc.check(
    fc.property(stories({ timing, cut }), (story) => ringsWithoutAReadyStandby(unfold(story)).length === 0),
    { ...runs(250), endOnFailure: true },
  );
  expect(late.failed).toBe(true);
});
