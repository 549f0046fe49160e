// Tokens asked for at a steady pace, first alone, then while a hundred people sign in at once, again and again: how long
// the slowest token of a hundred takes, and what the sign-ins came to. A child process.
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { startChild } from '../child.ts';
import type { Contender } from '../contender.ts';
import { createSend } from '../flows/send.ts';
import { clientCredentialsName } from '../scenarios/client_credentials.ts';
import type { SignIns } from './people_load.ts';

export interface StormAnswer {
  readonly idleMilliseconds: Percentiles;
  readonly stormMilliseconds: Percentiles;
  readonly signIns: SignIns;
  readonly stormSeconds: number;
  readonly restMegabytes: number;
  readonly peakMegabytes: number;
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

const tokensPerSecond = 500;
const workers = 10;
const idleSeconds = 4;

const percentilesOf = (milliseconds: readonly number[]): Percentiles => {
  const sorted = [...milliseconds].sort((left, right) => left - right);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
};

/** Of a process, as the kernel counts it: resident now, and the most it ever was. */
const megabytesOf = (pid: number, field: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;

/** Each worker sends at its own beat, whatever the answers before took. */
const askForTokens = async (contender: Contender, isOver: () => boolean): Promise<readonly number[]> => {
  const target = contender.targets[clientCredentialsName('ES256')];
  if (target === undefined) throw new TypeError('The contender issues no ES256 tokens.');
  const send = createSend(workers);
  const taken: number[] = [];
  const beat = (1000 * workers) / tokensPerSecond;
  const work = async (worker: number): Promise<void> => {
    let due = performance.now() + (beat * worker) / workers;
    while (!isOver()) {
      await wait(Math.max(0, due - performance.now()));
      const sent = performance.now();
      const { status } = await send(target);
      if (status !== 200) throw new Error(`The token endpoint answered ${status}.`);
      taken.push(performance.now() - sent);
      due = Math.max(due + beat, performance.now());
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  return taken;
};

const during = async (contender: Contender, work: () => Promise<void>): Promise<readonly number[]> => {
  let over = false;
  const asking = askForTokens(contender, () => over);
  await work();
  over = true;
  return asking;
};

const storm = async (contender: Contender): Promise<StormAnswer> => {
  const people = startChild('storm/people_load.ts');
  await during(contender, () => wait(1000));
  const idle = await during(contender, () => wait(idleSeconds * 1000));
  const restMegabytes = megabytesOf(contender.pid, 'VmRSS');
  const started = performance.now();
  people.send({ issuer: contender.issuer });
  const signingIn = people.reply() as Promise<SignIns | { readonly complaint: string }>;
  const taken = await during(contender, async () => {
    await signingIn;
  });
  const stormSeconds = (performance.now() - started) / 1000;
  const signIns = await signingIn;
  if ('complaint' in signIns) throw new Error(String(signIns.complaint));
  await people.end();
  return {
    idleMilliseconds: percentilesOf(idle),
    stormMilliseconds: percentilesOf(taken),
    signIns,
    stormSeconds,
    restMegabytes,
    peakMegabytes: megabytesOf(contender.pid, 'VmHWM'),
  };
};

process.on('message', async (contender: Contender) => {
  process.send?.(await storm(contender).catch((error: unknown) => ({ complaint: String(error) })));
});
process.once('disconnect', () => process.exit());
