// The scenarios: today's rule in the worst surroundings it is made for, then the same with one thing taken away.
import { minimumGraceSeconds, minimumLeadSeconds, type RotationPolicy, type Timing } from '../keys/timing.ts';
import { commandsKilled, eagerOperator, manyMishaps, oneCompromise, wholeYear } from './occasions.ts';
import type { Story } from './story.ts';
import { verifierKinds } from './verifier_kinds.ts';

export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** Whether the rules promise that no good token is refused in it. */
  readonly promised: boolean;
  readonly seeds: readonly number[];
  /** Part of the short form. */
  readonly quick: boolean;
  story(seed: number): Story;
}

/** As Keyturn comes. */
const defaultTiming: Timing = {
  maxTokenSeconds: 3600,
  jwksMaxAgeSeconds: 300,
  sharedCacheSeconds: 300,
  slowestVerifierSeconds: 46_800,
  snapshotSeconds: 30,
  clockErrorSeconds: 5,
  leewaySeconds: 300,
  fetchTimeoutSeconds: 30,
};
/** One-hour caches are the slowest verifier; and F differs from P, so that their rows do. */
const hourTiming: Timing = { ...defaultTiming, slowestVerifierSeconds: 3600, fetchTimeoutSeconds: 20 };
/** No verifier but those that obey Cache-Control. */
const obeyingTiming: Timing = { ...hourTiming, slowestVerifierSeconds: 0 };
/** As Keyturn comes, but for P: nodes read a quarter as often, which makes a year of it take a minute. */
const yearTiming: Timing = { ...defaultTiming, snapshotSeconds: 120 };

const week = 7 * 86_400;

const policyFor = (timing: Timing, periodSeconds = 4 * minimumLeadSeconds(timing)): RotationPolicy => ({
  ...timing,
  leadSeconds: minimumLeadSeconds(timing),
  graceSeconds: minimumGraceSeconds(timing, timing.maxTokenSeconds),
  periodSeconds,
});

const storyFor = (
  timing: Timing,
  policy: RotationPolicy,
  seed: number,
): Omit<Story, 'seconds' | 'deeds' | 'mishaps'> => ({
  seed,
  timing,
  policy,
  clockOffsets: [timing.clockErrorSeconds, 0, -timing.clockErrorSeconds],
  clocksAreSet: true,
  verifiers: verifierKinds.map(({ name }) => name),
  residents: 4,
  calmSeconds: 20,
  balancerHeedsReadiness: true,
});

const cutCycles = 4;
const todaysCycles = 8;

const eager = (timing: Timing, policy: RotationPolicy, seed: number, cycles: number): Story => ({
  ...storyFor(timing, policy, seed),
  ...eagerOperator(policy, cycles),
});

type Cut = (timing: Timing) => number;

const leadWithout = (name: string, about: string, timing: Timing, cut: Cut, quick = false): Scenario => ({
  name: `lead without ${name}`,
  about,
  promised: false,
  seeds: [1],
  quick,
  story: (seed) => {
    const policy = policyFor(timing);
    return eager(timing, { ...policy, leadSeconds: policy.leadSeconds - cut(timing) }, seed, cutCycles);
  },
});

/** A key's grace is never less than its timing asks for, so what is cut off is cut off L, whichever term is meant. */
const cutGrace = (policy: RotationPolicy, seconds: number): RotationPolicy => ({
  ...policy,
  graceSeconds: policy.graceSeconds - seconds,
  leewaySeconds: policy.leewaySeconds - seconds,
});

const graceWithout = (name: string, about: string, cut: Cut, quick = false): Scenario => ({
  name: `grace without ${name}`,
  about,
  promised: false,
  seeds: [1],
  quick,
  story: (seed) => eager(hourTiming, cutGrace(policyFor(hourTiming), cut(hourTiming)), seed, cutCycles),
});

const p: Cut = ({ snapshotSeconds }) => snapshotSeconds;
const s: Cut = ({ sharedCacheSeconds }) => sharedCacheSeconds;
const e: Cut = ({ clockErrorSeconds }) => clockErrorSeconds;
const f: Cut = ({ fetchTimeoutSeconds }) => fetchTimeoutSeconds;
const l: Cut = ({ leewaySeconds }) => leewaySeconds;
const t: Cut = ({ maxTokenSeconds }) => maxTokenSeconds;
const twice =
  (cut: Cut): Cut =>
  (timing) =>
    2 * cut(timing);

const todaysRule: readonly Scenario[] = [
  {
    name: "today's rule, V = 1 h",
    about: 'turns by hand and revocations, each the moment it is allowed; one node blind at each, clocks set at each',
    promised: true,
    seeds: [1],
    quick: true,
    story: (seed) => eager(hourTiming, policyFor(hourTiming), seed, todaysCycles),
  },
  {
    name: "today's rule, V = 0",
    about: 'the same where only verifiers that obey Cache-Control were promised anything',
    promised: true,
    seeds: [1],
    quick: true,
    story: (seed) => eager(obeyingTiming, policyFor(obeyingTiming), seed, todaysCycles),
  },
  {
    name: "today's rule, defaults",
    about: 'the same with the settings as they come, V = 13 h',
    promised: true,
    seeds: [1],
    quick: false,
    story: (seed) => ({ ...eager(defaultTiming, policyFor(defaultTiming), seed, cutCycles), calmSeconds: 120 }),
  },
  {
    name: "today's rule, kills",
    about: 'each command and a node killed before and after each of their steps',
    promised: true,
    seeds: [1],
    quick: false,
    story: (seed) => ({
      ...storyFor(hourTiming, policyFor(hourTiming), seed),
      ...commandsKilled(policyFor(hourTiming)),
    }),
  },
  {
    name: "today's rule, mishaps",
    about: 'pauses, sleep, lost and slow database, failover, restarts, kills, clocks set, lost fetches, T changed',
    promised: true,
    seeds: [1, 2, 3, 4, 5, 6],
    quick: false,
    story: (seed) => {
      const policy = policyFor(hourTiming);
      return { ...storyFor(hourTiming, policy, seed), ...manyMishaps(policy, seed, todaysCycles) };
    },
  },
  {
    name: "today's rule, 12 months",
    about: 'a year of weekly turns, with the settings as they come but P = 120, and a theme for each month',
    promised: true,
    seeds: [1],
    quick: false,
    story: (seed) => {
      const policy = policyFor(yearTiming, week);
      return { ...storyFor(yearTiming, policy, seed), ...wholeYear(policy, seed), calmSeconds: 900 };
    },
  },
];

const leadCuts: readonly Scenario[] = [
  leadWithout('P', 'a node may serve a view that is P old', hourTiming, p),
  leadWithout('S', 'a shared cache may hold what it got for S', hourTiming, s),
  leadWithout(
    'V',
    'A is left of max(A, V)',
    hourTiming,
    ({ slowestVerifierSeconds: v, jwksMaxAgeSeconds: a }) => v - a,
  ),
  leadWithout('A', 'V = 0 is left of max(A, V)', obeyingTiming, ({ jwksMaxAgeSeconds: a }) => a),
  leadWithout('max(A, V)', 'nobody is thought to keep a key set', hourTiming, ({ slowestVerifierSeconds: v }) => v),
  leadWithout('2E', 'clocks are thought to agree', hourTiming, twice(e)),
  leadWithout('one E', 'clocks are thought to be off, but never set', hourTiming, e, true),
  leadWithout('F', 'a fetch is thought to take no time', hourTiming, f),
];

const graceCuts: readonly Scenario[] = [
  graceWithout('P', 'a node may sign with a view that is P old', p),
  graceWithout('T', 'the token lives T', t),
  graceWithout('L', 'verifiers take a token L past its end', l, true),
  graceWithout('2E', 'clocks are thought to agree', twice(e)),
  graceWithout('one E', 'one clock of two is thought to be right', e),
];

const otherRules: readonly Scenario[] = [
  {
    name: 'sign at once',
    about: 'a new key signs as soon as it is published: lead = 0',
    promised: false,
    seeds: [1],
    quick: false,
    story: (seed) => {
      const policy = policyFor(hourTiming);
      const story = eager(hourTiming, { ...policy, leadSeconds: 0 }, seed, cutCycles);
      const spaced = story.deeds.map((deed, place) => ({
        ...deed,
        notBefore: 600 + (place >> 1) * policy.leadSeconds,
      }));
      return { ...story, deeds: spaced };
    },
  },
  {
    name: 'grace = T',
    about: 'a key leaves the key set one token lifetime after its turn',
    promised: false,
    seeds: [1],
    quick: false,
    story: (seed) => {
      const policy = policyFor(hourTiming);
      return eager(hourTiming, cutGrace(policy, policy.graceSeconds - policy.maxTokenSeconds), seed, cutCycles);
    },
  },
  {
    name: 'compromise, two turns',
    about: 'one key is revoked and then nothing is done by hand',
    promised: true,
    seeds: [1],
    quick: true,
    story: (seed) => ({
      ...storyFor(hourTiming, policyFor(hourTiming), seed),
      ...oneCompromise(policyFor(hourTiming), 'revoke'),
    }),
  },
  {
    name: 'compromise, one turn',
    about: 'the standby takes over and that is all: no key that nobody has seen',
    promised: true,
    seeds: [1],
    quick: false,
    story: (seed) => ({
      ...storyFor(hourTiming, policyFor(hourTiming), seed),
      ...oneCompromise(policyFor(hourTiming), 'revoke_in_one_turn'),
    }),
  },
  {
    name: 'deaf balancer',
    about: 'a node without a database for six hours, and a balancer that does not look at /health/ready',
    promised: false,
    seeds: [1],
    quick: false,
    story: (seed) => {
      const policy = policyFor(hourTiming);
      const mishaps = [{ what: 'cut_off', at: 5000, node: 1, seconds: 6 * 3600 }] as const;
      return { ...eager(hourTiming, policy, seed, cutCycles + 2), mishaps, balancerHeedsReadiness: false };
    },
  },
];

export const scenarios: readonly Scenario[] = [...todaysRule, ...leadCuts, ...graceCuts, ...otherRules];
