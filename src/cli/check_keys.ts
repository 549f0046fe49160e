// What doctor says of the rings: what signs, what comes next, what is due, what breaks a promise. Pure.
import { type KeyLifetime, lifetimesOf, ringOf, standstillSeconds } from '../keys/lifecycle.ts';
import { planRotation } from '../keys/plan_rotation.ts';
import type { RotationPolicy } from '../keys/timing.ts';
import type { NumericDate } from '../seams/clock.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../seams/signer.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { advice, type Finding, good, wrong } from './finding.ts';
import { instantInWords, relativeTo, secondsInWords } from './instants.ts';

/** Whether the rings stand still, as after a clock that was ahead. */
export const checkClock = (
  keys: readonly SigningKeyRecord[],
  policy: RotationPolicy,
  now: NumericDate,
): readonly Finding[] => {
  const ahead = standstillSeconds(keys, policy, now);
  if (ahead === 0) return [];
  return [
    wrong(
      'clock',
      `The database has seen a clock ${secondsInWords(ahead)} ahead of this one (${instantInWords(now + ahead, now)}). The rings stand still until then. Set this machine's clock right.`,
    ),
  ];
};

const activeAndNext = (
  alg: SigningAlgorithm,
  lifetimes: readonly KeyLifetime[],
  now: NumericDate,
): readonly Finding[] => {
  const active = lifetimes.find(({ state }) => state === 'active');
  const next = lifetimes.find(({ state }) => state === 'standby');
  if (!active?.key.privateJwe)
    return [
      wrong(
        alg,
        next === undefined
          ? 'No key signs. The next start of the server publishes one that signs at once, before verifiers have it.'
          : `No key signs. The next start of the server lets the standby ${next.key.kid} take over.`,
      ),
    ];
  const signs = `${active.key.kid} signs since ${instantInWords(active.key.activatesAt, now)}.`;
  if (next === undefined)
    return [advice(alg, `${signs} There is no standby; the running server publishes one when it is due.`)];
  return [good(alg, `${signs} The next turn, to ${next.key.kid}, is ${instantInWords(next.key.activatesAt, now)}.`)];
};

const checkLead = (alg: SigningAlgorithm, lifetimes: readonly KeyLifetime[], { leadSeconds }: RotationPolicy) =>
  lifetimes
    .filter(({ key, state }) => state === 'standby' && key.activatesAt - key.publishedAt < leadSeconds)
    .map(({ key }) =>
      wrong(
        alg,
        `The standby ${key.kid} is to sign ${secondsInWords(key.activatesAt - key.publishedAt)} after it was published, but lead is now ${secondsInWords(leadSeconds)}: slow verifiers may not have it. Revoke it ("keyturn keys revoke"), and another is published in good time.`,
      ),
    );

const checkDue = (keys: readonly SigningKeyRecord[], policy: RotationPolicy, now: NumericDate): readonly Finding[] => {
  const { activate, publish, erase } = planRotation(keys, policy, now);
  const due = [
    ...activate.map(({ kid }) => `let ${kid} take over, as no other key of its ring can sign`),
    ...publish.map(({ alg }) => `publish a standby for ${alg}`),
    ...erase.map(({ kid }) => `erase the private half of ${kid}, which signs no more`),
  ];
  if (due.length === 0) return [];
  return [advice('due', `No running server has done this yet: ${due.join('; ')}. The next start does it.`)];
};

/** @param now - the database's time. */
export const checkKeys = (
  keys: readonly SigningKeyRecord[],
  policy: RotationPolicy,
  now: NumericDate,
): readonly Finding[] => {
  if (keys.length === 0) return [advice('keys', 'There are no keys yet; the first start of the server makes them.')];
  const rings = signingAlgorithms.flatMap((alg) => {
    const lifetimes = lifetimesOf(ringOf(keys, alg), policy, now);
    return [...activeAndNext(alg, lifetimes, now), ...checkLead(alg, lifetimes, policy)];
  });
  const { nextAt } = planRotation(keys, policy, now);
  const next = Number.isFinite(nextAt)
    ? [good('next', `The next thing to happen to the rings is ${relativeTo(now, nextAt)}.`)]
    : [];
  return [...checkClock(keys, policy, now), ...rings, ...checkDue(keys, policy, now), ...next];
};
