// A world of whole seconds in which the real planner turns the rings while an operator, the clock and downtime do their
// worst. It records every version of the rows; what nodes and verifiers could make of them is reach.ts's.
import type { Timing } from '../../src/keys/timing.ts';
import { signingAlgorithms } from '../../src/seams/signer.ts';
import type { Rows } from './ring_rows.ts';
import type { Story, StoryEvent } from './story.ts';
import { type KeyFate, perform, type Second, secondsUntil, Unfolding } from './unfolding.ts';

const mostSeconds = 1000;

export interface World {
  readonly timing: Timing;
  readonly versions: readonly Rows[];
  readonly seconds: readonly Second[];
  readonly fates: ReadonlyMap<string, KeyFate>;
}

/** The acts still to come, each due a time after the one before it. */
class Agenda {
  readonly #world: Unfolding;
  readonly #events: StoryEvent[];
  #due = 0;

  constructor(world: Unfolding, events: readonly StoryEvent[]) {
    this.#world = world;
    this.#events = [...events];
  }

  get over(): boolean {
    return this.#events.length === 0;
  }

  schedule(): void {
    const [next] = this.#events;
    if (next !== undefined) this.#due = this.#world.second + secondsUntil(this.#world, next.moment);
  }

  performDue(mayPerform: (event: StoryEvent) => boolean): void {
    for (let [event] = this.#events; event !== undefined; [event] = this.#events) {
      if (this.#due > this.#world.second || !mayPerform(event)) return;
      perform(this.#world, event.act);
      this.#events.shift();
      this.schedule();
    }
  }
}

/** Tells a story to its end, and goes on until the last turn it caused and the last token are over. */
export const unfold = ({ timing, policy, tickGaps, events }: Story): World => {
  const world = new Unfolding(policy);
  const agenda = new Agenda(world, events);
  const tail = policy.leadSeconds + 2 * policy.graceSeconds + policy.periodSeconds;
  let [lastSecond, nextTick, ticks, wasUp] = [mostSeconds, 0, 0, false];
  while (world.second <= lastSecond) {
    const up = world.second >= world.upAgainIn;
    if (up && !wasUp) {
      // What a node reads first it serves only after its own turn of the runner.
      world.tick();
      for (const alg of signingAlgorithms) world.unsettle(alg);
      nextTick = world.second;
    }
    if (world.second === 0) agenda.schedule();
    const firstVersion = world.versions.length - 1;
    agenda.performDue((event) => event.first);
    const ticked = up && world.second >= nextTick;
    if (ticked) {
      world.tick();
      nextTick = world.second + (tickGaps[ticks % tickGaps.length] as number);
      ticks += 1;
    }
    agenda.performDue(() => true);
    if (agenda.over) lastSecond = Math.min(lastSecond, world.second + tail);
    world.end(firstVersion, up, ticked);
    wasUp = up;
  }
  const { versions, seconds, fates } = world;
  return { timing, versions, seconds, fates };
};
