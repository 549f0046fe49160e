// `keyturn keys rotate`: the standbys take over now, all that are asked for or none.
import { readConfig } from '../config.ts';
import { activeKeyOf, lifetimesOf, ringOf } from '../keys/lifecycle.ts';
import { type RingReadiness, readinessOf } from '../keys/readiness.ts';
import { type RingTurn, turnTogether } from '../keys/rotation.ts';
import { minimumLeadInWords, type RotationPolicy } from '../keys/timing.ts';
import type { NumericDate } from '../seams/clock.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../seams/signer.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { checkClock } from './check_keys.ts';
import { instantInWords, secondsInWords } from './instants.ts';
import { type OpenRings, withRings } from './open_rings.ts';
import { readersInWords, readinessRowOf } from './readiness_row.ts';
import { type AnswerOptions, answer, type Terminal, warn } from './terminal.ts';

interface RotateOptions extends AnswerOptions {
  readonly alg?: SigningAlgorithm;
}

interface Turned {
  readonly alg: SigningAlgorithm;
  readonly turned: true;
  /** The key that signs now. */
  readonly kid: string;
  readonly activates_at: NumericDate;
  /** The key that signed before. */
  readonly previous_kid: string | null;
  /** When the key that signed before leaves the key set. */
  readonly previous_removed_at: NumericDate | null;
  readonly next_turn_at: NumericDate | null;
}

interface NotTurned {
  readonly alg: SigningAlgorithm;
  readonly turned: false;
  /** The standby; null where there is none. */
  readonly kid: string | null;
  /** 0 where it may sign, and the other ring has to wait. */
  readonly wait_seconds: number | null;
  readonly lead_seconds: number;
}

interface Reading {
  readonly keys: readonly SigningKeyRecord[];
  readonly databaseNow: NumericDate;
}

const rowOf = (
  { alg, turn, turned }: RingTurn,
  before: Reading,
  after: Reading,
  policy: RotationPolicy,
): Turned | NotTurned => {
  if (!turned || !('activatesAt' in turn)) {
    const readySeconds = 'activatesAt' in turn ? 0 : null;
    const waitSeconds = 'waitSeconds' in turn ? turn.waitSeconds : readySeconds;
    return { alg, turned: false, kid: turn.kid, wait_seconds: waitSeconds, lead_seconds: policy.leadSeconds };
  }
  const previous = activeKeyOf(lifetimesOf(ringOf(before.keys, alg), policy, before.databaseNow));
  const lifetimes = lifetimesOf(ringOf(after.keys, alg), policy, after.databaseNow);
  return {
    alg,
    turned: true,
    kid: turn.kid,
    activates_at: turn.activatesAt,
    previous_kid: previous?.kid ?? null,
    previous_removed_at: lifetimes.find(({ key }) => key.kid === previous?.kid)?.removedAt ?? null,
    next_turn_at: lifetimes.find(({ state }) => state === 'standby')?.key.activatesAt ?? null,
  };
};

const turnedInWords = (turn: Turned, { snapshotSeconds }: RotationPolicy, now: NumericDate): string => {
  const { alg, kid, previous_kid, previous_removed_at, next_turn_at } = turn;
  const lines = [`${alg}: ${kid} signs now; every running node knows within P = ${snapshotSeconds} s.`];
  if (previous_kid !== null && previous_removed_at !== null)
    lines.push(`  ${previous_kid} signs no more; it leaves the key set ${instantInWords(previous_removed_at, now)}.`);
  if (next_turn_at !== null) lines.push(`  The next turn is ${instantInWords(next_turn_at, now)}.`);
  return lines.join('\n');
};

const refusalInWords = (turn: NotTurned, now: NumericDate): string => {
  const { alg, kid, wait_seconds, lead_seconds } = turn;
  if (kid === null || wait_seconds === null)
    return `The ${alg} ring did not turn: it has no standby. The running server publishes one; try again after it.`;
  if (wait_seconds === 0)
    return (
      `The ${alg} ring did not turn either: its standby ${kid} may sign now, but both turn or neither does. ` +
      `To turn it alone: npx keyturn keys rotate --alg ${alg}`
    );
  return (
    `The ${alg} ring did not turn. Wait ${secondsInWords(wait_seconds)}, until ${instantInWords(now + wait_seconds, now)}: ` +
    `by then the standby ${kid} has been published for lead, which is ${secondsInWords(lead_seconds)}.`
  );
};

const whyLead = (policy: RotationPolicy): string =>
  `Sooner, a verifier could meet a signature by a key it does not have yet: lead is at least ${minimumLeadInWords(policy)} s. ` +
  'If the key that signs is compromised, use "keyturn keys revoke".';

/** Before the turn: afterwards the standby is another key. */
const readReadiness = async ({ store, policy }: OpenRings): Promise<readonly RingReadiness[]> => {
  const { keys, databaseNow } = await store.readSigningKeys();
  return readinessOf(keys, await store.listKeySetReaders(), policy, databaseNow);
};

const unreadyInWords = ({ alg, standbyKid, notSince }: RingReadiness, now: NumericDate): string =>
  `Not seen to fetch the key set since the ${alg} standby ${standbyKid} was published: ${readersInWords(notSince, now)}. ` +
  'Those of them that still run refuse new tokens until they fetch it; have them restarted, or wait for them before you turn.';

/** Both rings turn, or the one that is asked for; where one is refused neither does. */
export const rotateKeys = async (options: RotateOptions, terminal: Terminal): Promise<void> => {
  const config = readConfig(terminal.environment);
  const algs = options.alg === undefined ? signingAlgorithms : [options.alg];
  const { turns, readiness, clock, now } = await withRings(config, async (rings) => {
    const readiness = (await readReadiness(rings)).filter(({ alg }) => algs.includes(alg));
    const before = await rings.store.readSigningKeys();
    const turned = await turnTogether(algs, rings);
    const after = await rings.store.readSigningKeys();
    const turns = turned.map((turn) => rowOf(turn, before, after, rings.policy));
    const clock = checkClock(before.keys, rings.policy, before.databaseNow);
    return { turns, readiness, clock, now: after.databaseNow };
  });
  const turned = turns.filter((turn) => turn.turned);
  const refused = turns.filter((turn) => !turn.turned);
  for (const ring of readiness.filter(({ notSince }) => notSince.length > 0)) warn(terminal, unreadyInWords(ring, now));
  if (options.json || turned.length > 0)
    answer(
      terminal,
      options,
      { now, turns, readiness: readiness.map(readinessRowOf) },
      turned.map((turn) => turnedInWords(turn, config.policy, now)).join('\n'),
    );
  if (refused.length === 0) return;
  // Those first that the others wait for.
  const waiting = refused.toSorted((left, right) => Number(left.wait_seconds === 0) - Number(right.wait_seconds === 0));
  for (const turn of waiting) warn(terminal, refusalInWords(turn, now));
  for (const { message } of clock) warn(terminal, message);
  warn(terminal, whyLead(config.policy));
  terminal.setExitCode(1);
};
