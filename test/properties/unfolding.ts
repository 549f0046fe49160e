// The world while it unfolds: the rows, the database's clock, and what the operator's acts do to them.
import { activeKeyOf, lifetimesOf, ringOf, ringTime, standbysOf } from '../../src/keys/lifecycle.ts';
import { planRevocation, planRotation, planTurnNow } from '../../src/keys/plan_rotation.ts';
import { minimumGraceSeconds, type RotationPolicy } from '../../src/keys/timing.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../../src/seams/signer.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import { activateRow, applyPlan, type Rows, revokeRow } from './ring_rows.ts';
import type { Act, Edge, Moment } from './story.ts';

/** The database's clock when the world begins. */
const beginning = 1000;
/** The most seconds an act waits for an edge that may never come. */
const mostWait = 120;

/** One second of the world. */
export interface Second {
  /** The database's clock. */
  readonly now: number;
  /** Whether any node runs. */
  readonly up: boolean;
  /** The versions of the rows a node could have read in this second; the last is in force at its end. */
  readonly versions: readonly number[];
  /** What the configuration of a node may be. */
  readonly policies: readonly RotationPolicy[];
  /** Whether the runner had its turn. */
  readonly ticked: boolean;
  /** The rings where I6 is set aside: within lead after a start or an act of the operator. */
  readonly unsettled: readonly SigningAlgorithm[];
}

/** What became of a key beside what its row says, in seconds of the world. */
export interface KeyFate {
  readonly publishedIn: number;
  readonly revokedIn: number;
  /** The first key of its ring, or one that an emergency made sign before it was lead old. */
  readonly young: boolean;
}

export class Unfolding {
  readonly versions: Rows[] = [];
  readonly seconds: Second[] = [];
  readonly fates = new Map<string, KeyFate>();
  readonly #settledAt: Record<SigningAlgorithm, number> = { ES256: 0, RS256: 0 };
  rows: Rows = [];
  policies: readonly RotationPolicy[];
  now = beginning;
  upAgainIn = 0;

  constructor(policy: RotationPolicy) {
    this.policies = [policy];
  }

  get policy(): RotationPolicy {
    return this.policies.at(-1) as RotationPolicy;
  }

  get second(): number {
    return this.seconds.length;
  }

  ring(alg: SigningAlgorithm): Rows {
    return ringOf(this.rows, alg);
  }

  keep(rows: Rows): void {
    if (rows === this.rows) return;
    this.rows = rows;
    this.versions.push(rows);
    for (const { kid, slot } of rows)
      if (!this.fates.has(kid))
        this.fates.set(kid, { publishedIn: this.second, revokedIn: Number.POSITIVE_INFINITY, young: slot === 0 });
  }

  change(kid: string, fate: Partial<KeyFate>): void {
    this.fates.set(kid, { ...(this.fates.get(kid) as KeyFate), ...fate });
  }

  unsettle(alg: SigningAlgorithm): void {
    this.#settledAt[alg] = ringTime(this.ring(alg), this.now) + this.policy.leadSeconds;
  }

  tick(): void {
    this.keep(applyPlan(this.rows, planRotation(this.rows, this.policy, this.now), this.policy));
  }

  /** @param firstVersion - the version in force when nodes could first read in this second. */
  end(firstVersion: number, up: boolean, ticked: boolean): void {
    const versions = Array.from({ length: this.versions.length - firstVersion }, (_, place) => firstVersion + place);
    const unsettled = signingAlgorithms.filter((alg) => ringTime(this.ring(alg), this.now) < this.#settledAt[alg]);
    this.seconds.push({ now: this.now, up, versions, policies: this.policies, ticked, unsettled });
    this.now += 1;
  }
}

export const keyToRevoke = (ring: Rows, which: 'active' | 'standby' | number, policy: RotationPolicy, now: number) => {
  const lifetimes = lifetimesOf(ring, policy, now);
  if (which === 'active') return activeKeyOf(lifetimes);
  if (which === 'standby') return standbysOf(lifetimes)[0];
  return ring[which % ring.length];
};

const rotate = (world: Unfolding, alg: SigningAlgorithm): void => {
  world.tick();
  const turn = planTurnNow(world.ring(alg), world.policy, world.now);
  if (!('activatesAt' in turn)) return;
  world.keep(activateRow(world.rows, turn.kid, turn.activatesAt));
  world.unsettle(alg);
  world.tick();
};

const revoke = (world: Unfolding, alg: SigningAlgorithm, which: 'active' | 'standby' | number): void => {
  const ring = world.ring(alg);
  const key = keyToRevoke(ring, which, world.policy, world.now);
  if (key === undefined || key.revokedAt !== null) return;
  const plan = planRevocation(ring, world.policy, world.now, key.kid);
  world.keep(revokeRow(world.rows, key.kid, plan, world.policy));
  world.change(key.kid, { revokedIn: world.second });
  const promoted = ring.find((row) => row.kid === plan.promotedKid);
  if (promoted !== undefined && promoted.publishedAt + world.policy.leadSeconds > plan.revokedAt)
    world.change(promoted.kid, { young: true });
  if (plan.successor?.activatesAt === plan.revokedAt) world.change(`${alg}-${plan.successor.slot}`, { young: true });
  world.unsettle(alg);
  world.tick();
};

/** Carries an act out as rotation.ts would: plan, commit, then a turn of the runner. */
export const perform = (world: Unfolding, act: Act): void => {
  if (act.kind === 'rotate') rotate(world, act.alg);
  if (act.kind === 'revoke') revoke(world, act.alg, act.which);
  if (act.kind === 'clock_steps_back') world.now -= act.seconds;
  if (act.kind === 'all_nodes_down') world.upAgainIn = Math.max(world.upAgainIn, world.second + 1 + act.seconds);
  if (act.kind !== 'adopt') return;
  const graceSeconds = minimumGraceSeconds(world.policy, act.maxTokenSeconds);
  world.policies = [...world.policies, { ...world.policy, maxTokenSeconds: act.maxTokenSeconds, graceSeconds }];
};

const instantsOf = (world: Unfolding, edge: Edge): readonly number[] =>
  signingAlgorithms.flatMap((alg) => {
    const lifetimes = lifetimesOf(world.ring(alg), world.policy, world.now);
    if (edge === 'removal') return lifetimes.map(({ removedAt }) => removedAt ?? 0);
    if (edge === 'turn') return lifetimes.map(({ key }) => key.activatesAt);
    return standbysOf(lifetimes).map((key: SigningKeyRecord) => key.publishedAt + world.policy.leadSeconds);
  });

/** @returns in how many seconds an act is due. */
export const secondsUntil = (world: Unfolding, moment: Moment): number => {
  if (moment.kind === 'after') return moment.seconds;
  const ahead = instantsOf(world, moment.edge).filter((instant) => instant > world.now);
  const next = ahead.length === 0 ? 0 : Math.min(...ahead) - world.now;
  return Math.min(Math.max(0, next + moment.plus), mostWait);
};
