// What is done and what goes wrong in the scenarios: the eager operator, commands that are killed, a compromise, random
// mishaps, and a year with a theme for each month.
import type { RotationPolicy } from '../keys/timing.ts';
import { type Chance, createChance } from './chance.ts';
import type { Deed, Mishap, Story } from './story.ts';

type Occasion = Pick<Story, 'seconds' | 'deeds' | 'mishaps'>;

/** Time for the last grace to end, or the last lead. */
const tailOf = ({ leadSeconds, graceSeconds }: RotationPolicy): number => Math.max(leadSeconds, graceSeconds) + 600;

const cycleSeconds = ({ leadSeconds, snapshotSeconds }: RotationPolicy): number =>
  leadSeconds + 2 * snapshotSeconds + 60;

const blinded = (place: number): Pick<Deed, 'blindNode'> => ({ blindNode: place });

/** Revokes ES256 keys and turns the RS256 ring, again and again, each the moment it is allowed. */
export const eagerOperator = (policy: RotationPolicy, cycles: number): Occasion => ({
  seconds: (cycles + 1) * cycleSeconds(policy) + tailOf(policy),
  mishaps: [],
  deeds: Array.from({ length: cycles }, (_, place): readonly Deed[] => [
    { alg: 'ES256', what: 'revoke', notBefore: 0, ...blinded(place) },
    { alg: 'RS256', what: 'rotate', notBefore: 0, ...blinded(place + 1) },
  ]).flat(),
});

/** More than any command takes. */
const mostSteps = 10;

const killedEverywhere = (alg: Deed['alg'], what: Deed['what']): readonly Deed[] =>
  Array.from({ length: 2 * mostSteps }, (_, place) => ({
    alg,
    what,
    notBefore: 0,
    kill: { step: 1 + (place >> 1), when: place % 2 === 0 ? 'before' : 'after' },
  }));

export const commandsKilled = (policy: RotationPolicy): Occasion => {
  const rotations = killedEverywhere('RS256', 'rotate');
  const rewraps = killedEverywhere('RS256', 'rewrap');
  const deeds = [
    ...rotations.flatMap((rotation, place) => [rotation, ...rewraps.slice(place, place + 1)]),
    ...killedEverywhere('ES256', 'revoke'),
  ];
  const nodeKills = Array.from(
    { length: 2 * mostSteps },
    (_, place): Mishap => ({
      what: 'kill',
      at: 1000 + place * cycleSeconds(policy),
      node: place,
      kill: { step: 1 + (place >> 1), when: place % 2 === 0 ? 'before' : 'after' },
    }),
  );
  return { seconds: (2 * mostSteps + 1) * cycleSeconds(policy) + tailOf(policy), deeds, mishaps: nodeKills };
};

/** One revocation, and then long enough for the next turn that comes by itself. */
export const oneCompromise = (policy: RotationPolicy, what: Deed['what']): Occasion => ({
  seconds: 2.5 * policy.periodSeconds,
  mishaps: [],
  deeds: [{ alg: 'ES256', what, notBefore: 600, ...blinded(1) }],
});

const randomMishap = (chance: Chance, at: number, policy: RotationPolicy): Mishap => {
  const node = chance.whole(0, 2);
  const e = policy.clockErrorSeconds;
  const seconds = Math.round(chance.pick([20, 60, 300, 1800]) * chance.between(0.5, 1.5));
  return chance.pick<Mishap>([
    { what: 'pause', at, node, seconds },
    { what: 'sleep', at, node, seconds },
    { what: 'cut_off', at, node, seconds },
    { what: 'restart', at, node, seconds: Math.min(seconds, 120) },
    {
      what: 'step_clock',
      at,
      node,
      seconds: Math.min(seconds, 120),
      by: chance.pick([-1, 1]) * chance.whole(1, 100 * e),
    },
    { what: 'kill', at, node, kill: { step: chance.whole(1, 6), when: chance.pick(['before', 'after']) } },
    { what: 'database_down', at, seconds },
    { what: 'slow_database', at, seconds },
    { what: 'lost_fetches', at, seconds },
    { what: 'fail_over', at, lostSeconds: chance.whole(1, 10) },
  ]);
};

/** An operator in no hurry, and something going wrong every few minutes. */
export const manyMishaps = (policy: RotationPolicy, seed: number, cycles: number): Occasion => {
  const chance = createChance(seed + 1_000_000);
  const seconds = cycles * cycleSeconds(policy) + tailOf(policy);
  const deeds = Array.from({ length: cycles }, (): readonly Deed[] => [
    { alg: 'ES256', what: chance.pick(['rotate', 'rotate', 'revoke']), notBefore: 0 },
    { alg: 'RS256', what: chance.pick(['rotate', 'rotate', 'revoke']), notBefore: 0, ...blinded(chance.whole(0, 2)) },
  ]).flat();
  const mishaps: Mishap[] = [];
  for (let at = 700; at < seconds; at += chance.between(60, 1200)) mishaps.push(randomMishap(chance, at, policy));
  for (let at = 9000; at < seconds; at += 9000)
    mishaps.push({ what: 'longest_token', at, seconds: chance.whole(600, policy.maxTokenSeconds) });
  return { seconds, deeds, mishaps };
};

const day = 86_400;
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

type Theme = (chance: Chance, at: number) => Mishap;

const onNode =
  (what: 'pause' | 'sleep' | 'cut_off' | 'restart', least: number, most: number): Theme =>
  (chance, at) => ({ what, at, node: chance.whole(0, 2), seconds: chance.whole(least, most) });
const onDatabase =
  (what: 'database_down' | 'slow_database' | 'lost_fetches' | 'everything_down', least: number, most: number): Theme =>
  (chance, at) => ({ what, at, seconds: chance.whole(least, most) });
const setClock: Theme = (chance, at) => ({
  ...{ what: 'step_clock', at, node: chance.whole(0, 2), seconds: chance.whole(5, 600) },
  by: chance.pick([-3600, -60, -7, 7, 60, 3600]),
});

/** What goes wrong in each month, once a day; nothing in the first. */
const themes: readonly (Theme | undefined)[] = [
  undefined,
  onNode('restart', 5, 60),
  onNode('pause', 5, 3600),
  onDatabase('database_down', 10, 1800),
  setClock,
  onNode('sleep', 60, 7200),
  (chance, at) => ({ what: 'fail_over', at, lostSeconds: chance.whole(1, 30) }),
  onDatabase('lost_fetches', 600, 7200),
  onNode('cut_off', 30, 7200),
  onDatabase('slow_database', 600, 7200),
  (chance, at) => ({ what: 'kill', at, node: chance.whole(0, 2), kill: { step: chance.whole(1, 4), when: 'after' } }),
  onDatabase('everything_down', 60, 2 * day),
];

export const wholeYear = (policy: RotationPolicy, seed: number): Occasion => {
  const chance = createChance(seed + 2_000_000);
  const mishaps: Mishap[] = [];
  const deeds: Deed[] = [];
  let start = 0;
  for (const [month, days] of monthDays.entries()) {
    const theme = themes[month];
    const timesApart = month === 11 ? 7 : 1;
    for (let today = 1; theme !== undefined && today < days; today += timesApart)
      mishaps.push(theme(chance, start + today * day + chance.between(0, day)));
    const within = (): number => start + chance.between(0, days * day);
    deeds.push({ alg: 'ES256', what: month % 4 === 3 ? 'revoke' : 'rotate', notBefore: within(), ...blinded(month) });
    deeds.push({
      alg: 'RS256',
      what: month % 6 === 5 ? 'revoke' : 'rotate',
      notBefore: within(),
      ...blinded(month + 1),
    });
    if (month % 3 === 2) deeds.push({ alg: 'RS256', what: 'rewrap', notBefore: within() });
    start += days * day;
  }
  mishaps.push({ what: 'longest_token', at: 45 * day, seconds: policy.maxTokenSeconds / 2 });
  mishaps.push({ what: 'longest_token', at: 50 * day, seconds: policy.maxTokenSeconds });
  return { seconds: start, deeds, mishaps };
};
