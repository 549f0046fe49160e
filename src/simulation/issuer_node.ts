// One node: the real KeyRing, read again as often as node.ts reads it, under a clock that is off and may be set, pauses,
// a lost database, restarts and kills.
import { OAuthError } from '../errors.ts';
import { catchUpSeconds, KeyRing } from '../keys/key_ring.ts';
import type { RotationParts } from '../keys/rotation.ts';
import { type RotationPolicy, refreshAfterSeconds } from '../keys/timing.ts';
import type { Log } from '../seams/log.ts';
import type { SigningAlgorithm } from '../seams/signer.ts';
import { type Connection, Killed } from './connection.ts';
import { openPaperKey, paperSigners } from './paper_keys.ts';
import type { VirtualTime } from './virtual_time.ts';

export interface IssuerNode {
  readonly name: string;
  readonly connection: Connection;
  /** Whether it answers at all. */
  answers(): boolean;
  /** What /health/ready says. */
  isReady(): boolean;
  /** The kids it has to serve; undefined when it does not answer. */
  keySet(): ReadonlySet<string> | undefined;
  /** The kids it serves who asks: a set older than P is read anew first. */
  serve(): Promise<ReadonlySet<string> | undefined>;
  /** The kid that signs, and when the longest token it may sign expires; undefined when it does not sign. */
  sign(alg: SigningAlgorithm): { readonly kid: string; readonly exp: number } | undefined;
  /** Sets its clock by so much. */
  stepClock(seconds: number): void;
  /** SIGSTOP, or with `asleep` a machine that sleeps, whose monotonic clock stands still. */
  pause(seconds: number, asleep?: boolean): void;
  /** SIGKILL; a supervisor starts it again. */
  restart(downSeconds: number): void;
  adopt(policy: RotationPolicy): void;
  /** When it has read the keys the next time. */
  onceRefreshed(listener: () => void): void;
}

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** How soon a supervisor starts again what could not start. */
const retrySeconds = 2;

const pollSeconds = 0.1;

/** The sets of kids by their text, since a set is asked for far more often than it changes. */
const createKidSets = () => {
  const sets = new Map<string, ReadonlySet<string>>();
  return (kids: string): ReadonlySet<string> => {
    const known = sets.get(kids);
    if (known !== undefined) return known;
    const set = new Set(kids.split(' '));
    sets.set(kids, set);
    return set;
  };
};

export const createIssuerNode = (
  name: string,
  clockOffsetSeconds: number,
  rotation: RotationParts,
  connection: Connection,
  time: VirtualTime,
): IssuerNode => {
  let [offset, asleepSeconds, pausedUntil, life] = [clockOffsetSeconds, 0, 0, 0];
  let { policy } = rotation;
  let keyRing: KeyRing | undefined;
  let listeners: (() => void)[] = [];
  const kidSetOf = createKidSets();
  const clock = {
    now: () => Math.floor(time.now() + offset),
    monotonicSeconds: () => time.now() - asleepSeconds,
  };
  const answers = (): boolean => keyRing !== undefined && time.now() >= pausedUntil;

  const sleep = async (seconds: number): Promise<void> => {
    await time.sleepUntil(time.now() + seconds);
    while (time.now() < pausedUntil) await time.sleepUntil(pausedUntil);
  };
  let [reading, triedAt] = [false, Number.NEGATIVE_INFINITY];
  const refresh = async (ring: KeyRing): Promise<number> => {
    while (reading) await time.sleepUntil(time.now() + pollSeconds);
    reading = true;
    try {
      const due = await ring.refresh();
      const waiting = listeners;
      listeners = [];
      for (const listener of waiting) listener();
      return refreshAfterSeconds(policy, due);
    } catch (error) {
      if (error instanceof Killed) throw error;
      return refreshAfterSeconds(policy);
    } finally {
      reading = false;
    }
  };
  /** From its start to its end, as serve.ts and node.ts have it. */
  const live = async (mine: number, startsAt: number): Promise<void> => {
    await time.sleepUntil(startsAt);
    const parts = { ...rotation, policy, store: connection.store, clock, signers: paperSigners, log: silent };
    const ring = new KeyRing({ ...parts, openKey: openPaperKey });
    let serves = false;
    while (mine === life) {
      const waitSeconds = await refresh(ring);
      serves ||= ring.keys.length > 0;
      if (mine === life && serves) keyRing = ring;
      await sleep(serves ? waitSeconds : retrySeconds);
    }
  };
  const start = (startsAt: number): void => {
    life += 1;
    keyRing = undefined;
    time.at(time.now(), async () => {
      const mine = life;
      try {
        await live(mine, startsAt);
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        if (mine === life) start(time.now() + retrySeconds);
      }
    });
  };
  const die = (error: unknown): void => {
    if (!(error instanceof Killed)) throw error;
    start(time.now() + retrySeconds);
  };
  const keySet = () => (answers() ? kidSetOf(keyRing?.jwkSet().kids ?? '') : undefined);
  /** Whoever waits looks again and again: virtual time knows one sleeper a process. */
  const catchUp = async (ring: KeyRing): Promise<void> => {
    if (!reading && time.now() - triedAt >= catchUpSeconds) {
      triedAt = time.now();
      time.at(time.now(), () => refresh(ring).catch(die));
    }
    const until = time.now() + catchUpSeconds;
    do await time.sleepUntil(Math.min(until, time.now() + pollSeconds));
    while (reading && ring.isOld() && time.now() < until);
  };
  start(time.now());
  return {
    name,
    connection,
    answers,
    isReady: () => answers() && keyRing?.notSigning() === undefined,
    keySet,
    serve: async () => {
      const isTried = !reading && time.now() - triedAt < catchUpSeconds;
      if (answers() && keyRing?.isOld() && !isTried) await catchUp(keyRing);
      return keySet();
    },
    sign: (alg) => {
      if (!answers()) return undefined;
      try {
        const { signer, longestTokenSeconds } = (keyRing as KeyRing).activeSigner(alg);
        return { kid: signer.kid, exp: clock.now() + Math.min(policy.maxTokenSeconds, longestTokenSeconds) };
      } catch (error) {
        if (error instanceof OAuthError) return undefined;
        throw error;
      }
    },
    stepClock: (seconds) => {
      offset += seconds;
    },
    pause: (seconds, asleep = false) => {
      pausedUntil = Math.max(pausedUntil, time.now() + seconds);
      if (asleep) asleepSeconds += seconds;
    },
    restart: (downSeconds) => start(time.now() + downSeconds),
    adopt: (adopted) => {
      policy = adopted;
    },
    onceRefreshed: (listener) => {
      listeners.push(listener);
    },
  };
};
