import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  earlySignings,
  privateHalvesLeft,
  refusedTokens,
  revokedKeysInUse,
  ringsWithoutAReadyStandby,
  ringsWithoutOneActiveKey,
  unpublishedTokens,
  type Violations,
} from './invariants.ts';
import { type Reach, reachOf } from './reach.ts';
import { runs } from './runs.ts';
import { type StoryChoices, steppingBack, stories, unattended } from './story.ts';
import { unfold, type World } from './world.ts';

/** Holds an invariant against the worst that nodes and verifiers could do in any story. */
const holdsInReach = (
  violations: (world: World, reach: Reach) => Violations,
  choices: StoryChoices,
  numRuns: number,
): void =>
  fc.assert(
    fc.property(stories(choices), (story) => {
      const world = unfold(story);
      expect(violations(world, reachOf(world))).toEqual([]);
    }),
    runs(numRuns),
  );

const holds = (violations: (world: World) => Violations, choices: StoryChoices, numRuns: number): void =>
  fc.assert(
    fc.property(stories(choices), (story) => {
      expect(violations(unfold(story))).toEqual([]);
    }),
    runs(numRuns),
  );

describe('turns by schedule and by hand, revocations, changes of T, downtime; clocks off by E, views P old', () => {
  test('I1: every unexpired, unrevoked token verifies at every verifier that keeps a key set for max(A, V)', () => {
    holdsInReach(refusedTokens, {}, 120);
  });

  test('I2: no token is signed by a key that was published for less than lead, the first and an emergency aside', () => {
    holdsInReach(earlySignings, {}, 80);
  });

  test('I3: at any database instant there is exactly one active key per algorithm, and it has its private half', () => {
    holds(ringsWithoutOneActiveKey, {}, 160);
  });

  test("I4: the private half of a retired key is gone with the runner's first turn at or after its own", () => {
    holds(privateHalvesLeft, {}, 160);
  });

  test('I5: after a key is revoked at t, no key set published after t + P has it, and no node signs after t + P', () => {
    holdsInReach(revokedKeysInUse, {}, 80);
  });

  test('I6: a standby at least lead old exists at all times, from lead after a start or an act of the operator', () => {
    holds(ringsWithoutAReadyStandby, {}, 160);
  });

  test('I8: every key set published holds the kid of every unexpired token, also after T was lowered', () => {
    holdsInReach(unpublishedTokens, {}, 80);
  });
});

describe("the database's clock steps back, again and again", () => {
  const any = { acts: steppingBack() };
  // A turn by hand within the time the clock stepped back by begins its grace too early: nothing in the rows tells.
  const withoutTurnsByHand = { acts: steppingBack(unattended) };

  test('I1: every unexpired, unrevoked token verifies, where nobody turns a ring by hand meanwhile', () => {
    holdsInReach(refusedTokens, withoutTurnsByHand, 60);
  });

  test('I2: no token is signed by a key that was published for less than lead', () => {
    holdsInReach(earlySignings, any, 60);
  });

  test('I3: there is exactly one active key per algorithm, and it has its private half', () => {
    holds(ringsWithoutOneActiveKey, any, 120);
  });

  test('I4: no retired key comes back, and its private half is gone', () => {
    holds(privateHalvesLeft, any, 120);
  });

  test('I5: a revoked key does not come back', () => {
    holdsInReach(revokedKeysInUse, any, 60);
  });

  test('I6: a standby at least lead old exists', () => {
    holds(ringsWithoutAReadyStandby, any, 120);
  });

  test('I8: every key set holds the kid of every unexpired token, where nobody turns a ring by hand meanwhile', () => {
    holdsInReach(unpublishedTokens, withoutTurnsByHand, 60);
  });
});
