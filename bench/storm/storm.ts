// The storm of sign-ins: token issue must not feel it. Run apart from the rounds, against a Keyturn of its own.
import { readFileSync } from 'node:fs';
import type { Child } from '../child.ts';
import { plainTable } from '../table.ts';
import type { StormAnswer } from './storm_load.ts';

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

const report = (answer: StormAnswer): string => {
  const { idleMilliseconds, stormMilliseconds, signIns, stormSeconds, restMegabytes, peakMegabytes } = answer;
  const told = Object.entries(signIns)
    .map(([status, count]) => `${count} answered ${status}`)
    .join(', ');
  const table = plainTable(
    ['the storm', 'measured', 'aim', ''],
    [
      row('p99 of tokens while people sign in, over idle', stormMilliseconds.p99 / idleMilliseconds.p99, mostP99Ratio),
      row('memory at most in the storm, MB over rest', peakMegabytes - restMegabytes, mostMegabytesMore),
    ],
  );
  const times = `Tokens take ${idleMilliseconds.p50.toFixed(1)} ms (p50) and ${idleMilliseconds.p99.toFixed(1)} ms (p99) idle, ${stormMilliseconds.p50.toFixed(1)} and ${stormMilliseconds.p99.toFixed(1)} ms in the storm.`;
  return `100 sign-ins at once, five times over, beside 500 tokens a second: ${told} in ${stormSeconds.toFixed(1)} s.\n${times}\n\n${table}`;
};

/** @param start - starts a file of bench/ as a child. @returns what to print. */
export const measureStorm = async (start: (file: string) => Child): Promise<string> => {
  const server = start('contenders/keyturn_storm.ts');
  const contender = (await server.reply()) as object;
  const load = start('storm/storm_load.ts');
  load.send(contender);
  const answer = (await load.reply()) as StormAnswer | { readonly complaint: string };
  await server.end();
  if ('complaint' in answer) throw new Error(`the storm: ${answer.complaint}`);
  return report(answer);
};
