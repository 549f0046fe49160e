// The storm of sign-ins: token issue must not feel it. Run apart from the rounds, against a Keyturn of its own for each load.
import { readFileSync } from 'node:fs';
import type { Contender } from '../contender.ts';
import { connections, type Start } from '../lanes.ts';
import { rangeOf } from '../measure.ts';
import { plainTable } from '../table.ts';
import { aheadOfOthers } from './processors.ts';
import type { Round, StormAnswer, StormJob } from './storm_load.ts';
import { type TokenLoad, tokensPerSecond } from './token_load.ts';

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

const p99Words = 'p99 of tokens while people sign in, over idle';

/** How the load asked, in words. */
const askingWords = {
  busy: `${connections} connections that each ask on once answered`,
  paced: `${tokensPerSecond} tokens a second`,
} as const satisfies Record<TokenLoad, string>;

const toldRounds = (rounds: readonly Round[], tokenLoad: TokenLoad): readonly string[] => {
  const [least, most] = rangeOf(rounds.map((round) => ratioOf([round], 'milliseconds')));
  const seconds = rounds.reduce((sum, round) => sum + round.storm.seconds, 0);
  return [
    `100 sign-ins at once, ${rounds.length} times after one to warm up, each after a quiet spell, beside ${askingWords[tokenLoad]}: ${toldOf(rounds)} in ${seconds.toFixed(1)} s.`,
    `Tokens take ${toldPercentiles(rounds, 'milliseconds')};`,
    `storm over idle, each time on its own: ${least.toFixed(2)} to ${most.toFixed(2)}.`,
  ];
};

const toldDisturbed = (rounds: readonly Round[]): readonly string[] => [
  `Around ${disturbedOf(rounds, 'idle')}% of those in quiet spells and ${disturbedOf(rounds, 'storm')}% in storms the machine ran at less than a quarter of its speed, by work of 40 us`,
  `that the load does at every beat. The others take ${toldPercentiles(rounds, 'undisturbed')}.`,
];

/** @param isAhead - whether the paced load waited for no processor, so that what slowed it was the machine. */
const report = ({ busy, paced }: Readonly<Record<TokenLoad, StormAnswer>>, isAhead: boolean): string => {
  const p99Row = (words: string, { rounds }: StormAnswer, which: Which): readonly string[] =>
    row(`${p99Words}, ${words}`, ratioOf(rounds, which), mostP99Ratio);
  const table = plainTable(
    ['the storm', 'measured', 'aim', ''],
    [
      p99Row(askingWords.busy, busy, 'milliseconds'),
      p99Row(askingWords.paced, paced, 'milliseconds'),
      ...(isAhead ? [p99Row(`${askingWords.paced}, while the machine ran as usual`, paced, 'undisturbed')] : []),
      row(
        `memory at most in the storm, ${askingWords.paced}, MB over rest`,
        paced.peakMegabytes - paced.restMegabytes,
        mostMegabytesMore,
      ),
    ],
  );
  return [
    ...toldRounds(busy.rounds, 'busy'),
    `The server takes ${busy.peakMegabytes.toFixed(0)} MB at most, and ${busy.restMegabytes.toFixed(0)} MB before: that load alone makes its heap grow (paced: ${paced.peakMegabytes.toFixed(0)} and ${paced.restMegabytes.toFixed(0)}).`,
    '',
    ...toldRounds(paced.rounds, 'paced'),
    ...(isAhead ? toldDisturbed(paced.rounds) : []),
    '',
    table,
  ].join('\n');
};

/** One load beside a server of its own, since sign-ins of everyone may burst to so many only. */
const measureBeside = async (tokenLoad: TokenLoad, startServer: Start, startLoad: Start): Promise<StormAnswer> => {
  const server = startServer('contenders/keyturn_storm.ts');
  const contender = (await server.reply()) as Contender;
  const load = startLoad('storm/storm_load.ts');
  load.send({ contender, tokenLoad } satisfies StormJob);
  const answer = (await load.reply()) as StormAnswer | { readonly complaint: string };
  await Promise.all([server.end(), load.end()]);
  if ('complaint' in answer) throw new Error(`the storm: ${answer.complaint}`);
  return answer;
};

/** @param startsBehind - of what starts a file of bench/ as a child. @returns what to print. */
export const measureStorm = async (startsBehind: (behind: readonly string[]) => Start): Promise<string> => {
  const ahead = aheadOfOthers();
  if (ahead === undefined)
    console.error('bench: no chrt that may, so the load of the storm waits for processors as the server does.');
  const asOthers = startsBehind([]);
  // One that asks on and on would take a processor from the server, were it ahead.
  const busy = await measureBeside('busy', asOthers, asOthers);
  const paced = await measureBeside('paced', asOthers, startsBehind(ahead ?? []));
  return report({ busy, paced }, ahead !== undefined);
};
