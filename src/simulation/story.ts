// What is told to a simulation: the surroundings as they are, what Keyturn is told of them, who does what, and what goes
// wrong. The same story and seed give the same run.
import type { RotationPolicy, Timing } from '../keys/timing.ts';
import type { SigningAlgorithm } from '../seams/signer.ts';
import type { Kill } from './connection.ts';

/** What the operator does to a ring, as soon as it is allowed, one after another. */
export interface Deed {
  readonly alg: SigningAlgorithm;
  readonly what: 'rotate' | 'revoke' | 'revoke_in_one_turn' | 'rewrap';
  /** Not before this time. */
  readonly notBefore: number;
  /** The node, by its place, that reads the keys right before and then loses the database until its view is too old. */
  readonly blindNode?: number;
  /** The command is killed there, and given again. */
  readonly kill?: Kill;
}

export type Mishap =
  | {
      readonly what: 'pause' | 'sleep' | 'cut_off' | 'restart';
      readonly at: number;
      readonly node: number;
      readonly seconds: number;
    }
  | {
      readonly what: 'step_clock';
      readonly at: number;
      readonly node: number;
      readonly seconds: number;
      readonly by: number;
    }
  | { readonly what: 'kill'; readonly at: number; readonly node: number; readonly kill: Kill }
  | {
      readonly what: 'database_down' | 'slow_database' | 'lost_fetches' | 'everything_down';
      readonly at: number;
      readonly seconds: number;
    }
  | { readonly what: 'fail_over'; readonly at: number; readonly lostSeconds: number }
  | { readonly what: 'longest_token'; readonly at: number; readonly seconds: number };

export interface Story {
  readonly seed: number;
  readonly seconds: number;
  /** What the surroundings are really like. */
  readonly timing: Timing;
  /** What Keyturn is told. Equal to `timing` and no less than the rules ask for, unless a scenario cuts it. */
  readonly policy: RotationPolicy;
  /** How far the clock of each node is off. */
  readonly clockOffsets: readonly number[];
  /** Whether a clock is set by almost E right before each planned turn, to be noticed only at the next read. */
  readonly clocksAreSet: boolean;
  readonly deeds: readonly Deed[];
  readonly mishaps: readonly Mishap[];
  /** The kinds of verifiers, by name. */
  readonly verifiers: readonly string[];
  /** Of each kind, how many are there all the time. */
  readonly residents: number;
  /** How often tokens are shown where nothing is about to happen. */
  readonly calmSeconds: number;
  /** The balancer sends nobody to a node that is not ready. */
  readonly balancerHeedsReadiness: boolean;
}
