// What happens to the rings in a property: the operator's acts, clocks, downtime; generated with a bias to the edges.
import fc from 'fast-check';
import { minimumGraceSeconds, minimumLeadSeconds, type RotationPolicy, type Timing } from '../../src/keys/timing.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../../src/seams/signer.ts';

/** An edge of a ring that acts are aimed at: the next turn, or the instant its youngest standby is lead old. */
export type Edge = 'turn' | 'standby_ready' | 'removal';

export type Moment =
  | { readonly kind: 'after'; readonly seconds: number }
  | { readonly kind: 'edge'; readonly edge: Edge; readonly plus: number };

export type Act =
  | { readonly kind: 'rotate'; readonly alg: SigningAlgorithm }
  | { readonly kind: 'revoke'; readonly alg: SigningAlgorithm; readonly which: 'active' | 'standby' | number }
  | { readonly kind: 'adopt'; readonly maxTokenSeconds: number }
  | { readonly kind: 'clock_steps_back'; readonly seconds: number }
  | { readonly kind: 'all_nodes_down'; readonly seconds: number };

export interface StoryEvent {
  readonly moment: Moment;
  /** Whether it comes before what the nodes do in the same second. */
  readonly first: boolean;
  readonly act: Act;
}

export interface Story {
  /** What the world is really like. */
  readonly timing: Timing;
  /** What Keyturn is told at first; equal to `timing`, and no less than the rules ask for, unless a mutation cuts it. */
  readonly policy: RotationPolicy;
  /** The time from one turn of the runner to the next, in a cycle. */
  readonly tickGaps: readonly number[];
  readonly events: readonly StoryEvent[];
}

/** Small numbers reach every edge; the rules are linear, so large ones would show nothing more. */
export const timings = (least = 0): fc.Arbitrary<Timing> =>
  fc.record({
    maxTokenSeconds: fc.integer({ min: 1, max: 8 }),
    jwksMaxAgeSeconds: fc.integer({ min: least, max: 4 }),
    sharedCacheSeconds: fc.integer({ min: least, max: 3 }),
    slowestVerifierSeconds: fc.integer({ min: least, max: 5 }),
    snapshotSeconds: fc.integer({ min: Math.max(1, least), max: 3 }),
    // Clocks of whole seconds that tick apart are one second off already.
    clockErrorSeconds: fc.integer({ min: Math.max(1, least), max: 3 }),
    leewaySeconds: fc.integer({ min: least, max: 3 }),
    fetchTimeoutSeconds: fc.integer({ min: least, max: 2 }),
  });

const mostlyNothing = (max: number): fc.Arbitrary<number> =>
  fc.oneof({ arbitrary: fc.constant(0), weight: 3 }, { arbitrary: fc.integer({ min: 1, max }), weight: 1 });

/** The least lead, grace and period a configuration may have, and at times a little more. */
const policies = (timing: Timing): fc.Arbitrary<RotationPolicy> =>
  fc
    .record({ lead: mostlyNothing(4), grace: mostlyNothing(9), period: fc.integer({ min: 1, max: 25 }) })
    .map(({ lead, grace, period }) => {
      const leadSeconds = minimumLeadSeconds(timing) + lead;
      return {
        ...timing,
        leadSeconds,
        graceSeconds: minimumGraceSeconds(timing, timing.maxTokenSeconds) + grace,
        periodSeconds: leadSeconds + timing.snapshotSeconds + period,
      };
    });

const algs = fc.constantFrom(...signingAlgorithms);

const moments: fc.Arbitrary<Moment> = fc.oneof(
  fc.record({ kind: fc.constant('after' as const), seconds: fc.oneof(fc.integer({ max: 3, min: 0 }), fc.nat(40)) }),
  fc.record({
    kind: fc.constant('edge' as const),
    edge: fc.constantFrom<Edge>('turn', 'standby_ready', 'removal'),
    plus: fc.integer({ min: -2, max: 2 }),
  }),
);

const revocations: fc.Arbitrary<Act> = fc.record({
  kind: fc.constant('revoke' as const),
  alg: algs,
  which: fc.oneof(fc.constant('active' as const), fc.constant('standby' as const), fc.nat(9)),
});

const rotations: fc.Arbitrary<Act> = fc.record({ kind: fc.constant('rotate' as const), alg: algs });

const changesOfT: fc.Arbitrary<Act> = fc.record({
  kind: fc.constant('adopt' as const),
  maxTokenSeconds: fc.integer({ min: 1, max: 12 }),
});

const downtimes: fc.Arbitrary<Act> = fc.record({
  kind: fc.constant('all_nodes_down' as const),
  seconds: fc.integer({ min: 1, max: 90 }),
});

const stepsBack: fc.Arbitrary<Act> = fc.record({
  kind: fc.constant('clock_steps_back' as const),
  seconds: fc.integer({ min: 1, max: 30 }),
});

/** Everything an operator does to a ring by hand. */
export const byHand = fc.oneof(rotations, revocations);

const anyActs = fc.oneof(
  { arbitrary: rotations, weight: 4 },
  { arbitrary: revocations, weight: 2 },
  { arbitrary: changesOfT, weight: 2 },
  { arbitrary: downtimes, weight: 1 },
);

export const steppingBack = (others: fc.Arbitrary<Act> = anyActs): fc.Arbitrary<Act> =>
  fc.oneof({ arbitrary: others, weight: 2 }, { arbitrary: stepsBack, weight: 1 });

/** Everything an unattended ring may meet. */
export const unattended = fc.oneof(revocations, changesOfT, downtimes);

export interface StoryChoices {
  readonly timing?: fc.Arbitrary<Timing>;
  readonly acts?: fc.Arbitrary<Act>;
  /** What Keyturn is told instead of the truth. */
  readonly cut?: (policy: RotationPolicy) => RotationPolicy;
}

export const stories = (choices: StoryChoices = {}): fc.Arbitrary<Story> =>
  (choices.timing ?? timings()).chain((timing) =>
    fc.record({
      timing: fc.constant(timing),
      policy: policies(timing).map(choices.cut ?? ((policy) => policy)),
      tickGaps: fc.array(
        fc.oneof(fc.constant(timing.snapshotSeconds), fc.integer({ min: 1, max: timing.snapshotSeconds })),
        { minLength: 1, maxLength: 3 },
      ),
      events: fc.array(fc.record({ moment: moments, first: fc.boolean(), act: choices.acts ?? anyActs }), {
        maxLength: 7,
      }),
    }),
  );
