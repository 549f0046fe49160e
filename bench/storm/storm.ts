// The storm of sign-ins: token issue must not feel it. Run apart from the rounds, against a Keyturn of its own.
import { readFileSync } from 'node:fs';
import type { Start } from '../lanes.ts';
import { rangeOf } from '../measure.ts';
import { plainTable } from '../table.ts';
import { aheadOfOthers } from './processors.ts';
import type { Round, StormAnswer } from './storm_load.ts';

export const stormName = 'sign-in storm';

const mostP99Ratio = 2;
/** Two argon2id hashes of 19 MiB, a queue of forms, and what the heap grows by under load. */
const mostMegabytesMore = 128;

export const canMeasureStorm = (): boolean => {
  try {
    return readFileSync('/proc/self/status', 'latin1').includes('VmHWM');
  } catch {
    return false;
  }
};

const row = (words: string, value: number, limit: number): readonly string[] => [
  words,
  value.toFixed(2),
  `at most ${limit}`,
  value <= limit ? 'met' : 'missed',
];

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

const percentilesOf = (milliseconds: readonly number[]): Percentiles => {
  const sorted = [...milliseconds].sort((left, right) => left - right);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
};

type Which = 'milliseconds' | 'undisturbed';

const allOf = (rounds: readonly Round[], kind: 'idle' | 'storm', which: Which): Percentiles =>
  percentilesOf(rounds.flatMap((round) => round[kind][which]));

const ratioOf = (rounds: readonly Round[], which: Which): number =>
  allOf(rounds, 'storm', which).p99 / allOf(rounds, 'idle', which).p99;

/** In percent. */
const disturbedOf = (rounds: readonly Round[], kind: 'idle' | 'storm'): string => {
  const count = (which: Which): number => rounds.reduce((sum, round) => sum + round[kind][which].length, 0);
  return (100 * (1 - count('undisturbed') / count('milliseconds'))).toFixed(0);
};

const toldPercentiles = (rounds: readonly Round[], which: Which): string => {
  const [idle, storm] = [allOf(rounds, 'idle', which), allOf(rounds, 'storm', which)];
  return `${idle.p50.toFixed(1)} ms (p50) and ${idle.p99.toFixed(1)} ms (p99) in the quiet spells together, ${storm.p50.toFixed(1)} and ${storm.p99.toFixed(1)} ms in the storms`;
};

const toldOf = (rounds: readonly Round[]): string => {
  const counts: Record<string, number> = {};
  for (const { signIns } of rounds)
    for (const [status, count] of Object.entries(signIns)) counts[status] = (counts[status] ?? 0) + count;
  return Object.entries(counts)
    .map(([status, count]) => `${count} answered ${status}`)
    .join(', ');
};

/** @param isAhead - whether the load waited for no processor, so that what slowed it was the machine. */
const report = ({ rounds, restMegabytes, peakMegabytes }: StormAnswer, isAhead: boolean): string => {
  const [least, most] = rangeOf(rounds.map((round) => ratioOf([round], 'milliseconds')));
  const words = 'p99 of tokens while people sign in, over idle';
  const seconds = rounds.reduce((sum, round) => sum + round.storm.seconds, 0);
  const table = plainTable(
    ['the storm', 'measured', 'aim', ''],
    [
      row(words, ratioOf(rounds, 'milliseconds'), mostP99Ratio),
      ...(isAhead
        ? [row(`${words}, while the machine ran as usual`, ratioOf(rounds, 'undisturbed'), mostP99Ratio)]
        : []),
      row('memory at most in the storm, MB over rest', peakMegabytes - restMegabytes, mostMegabytesMore),
    ],
  );
  return [
    `100 sign-ins at once, ${rounds.length} times after one to warm up, each after a quiet spell, beside 500 tokens a second: ${toldOf(rounds)} in ${seconds.toFixed(1)} s.`,
    `Tokens take ${toldPercentiles(rounds, 'milliseconds')};`,
    `storm over idle, each time on its own: ${least.toFixed(2)} to ${most.toFixed(2)}.`,
    ...(isAhead
      ? [
          `Around ${disturbedOf(rounds, 'idle')}% of those in quiet spells and ${disturbedOf(rounds, 'storm')}% in storms the machine ran at less than a quarter of its speed, by work of 40 us`,
          `that the load does at every beat. The others take ${toldPercentiles(rounds, 'undisturbed')}.`,
        ]
      : []),
    '',
    table,
  ].join('\n');
};

/** @param startsBehind - of what starts a file of bench/ as a child. @returns what to print. */
export const measureStorm = async (startsBehind: (behind: readonly string[]) => Start): Promise<string> => {
  const ahead = aheadOfOthers();
  if (ahead === undefined)
    console.error('bench: no chrt that may, so the load of the storm waits for processors as the server does.');
  const server = startsBehind([])('contenders/keyturn_storm.ts');
  const contender = (await server.reply()) as object;
  const load = startsBehind(ahead ?? [])('storm/storm_load.ts');
  load.send(contender);
  const answer = (await load.reply()) as StormAnswer | { readonly complaint: string };
  await server.end();
  if ('complaint' in answer) throw new Error(`the storm: ${answer.complaint}`);
  return report(answer, ahead !== undefined);
};
