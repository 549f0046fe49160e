// Tokens asked for, alone and while a hundred people sign in at once, in turn, so that what else the machine does meets both
// alike: how long each took, and what the sign-ins came to. A child process.
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { startBehind } from '../child.ts';
import type { Contender } from '../contender.ts';
import { createSend } from '../flows/send.ts';
import { clientCredentialsName } from '../scenarios/client_credentials.ts';
import { undisturbed } from './machine.ts';
import type { SignIns } from './people_load.ts';
import { afterOthers } from './processors.ts';
import { type Sent, type TokenLoad, tokenLoads } from './token_load.ts';

export interface StormJob {
  readonly contender: Contender;
  readonly tokenLoad: TokenLoad;
}

export interface Window {
  readonly milliseconds: readonly number[];
  /** Of those that were under way while the machine ran as usual. */
  readonly undisturbed: readonly number[];
  readonly seconds: number;
}

/** A quiet spell and the volley of sign-ins right after it. */
export interface Round {
  readonly idle: Window;
  readonly storm: Window;
  readonly signIns: SignIns;
}

export interface StormAnswer {
  readonly rounds: readonly Round[];
  readonly restMegabytes: number;
  readonly peakMegabytes: number;
}

const warmUpSeconds = 3;
const idleSeconds = 2;
/** With the warm-up's no more than what sign-ins of everyone may burst to. */
const volleys = { busy: 3, paced: 5 } as const satisfies Record<TokenLoad, number>;
/** Code that no sign-in has run yet is slow, and that of tokens has run by then. */
const warmUpVolleys = 1;

/** Of a process, as the kernel counts it: resident now, and the most it ever was. */
const megabytesOf = (pid: number, field: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;

const storm = async ({ contender, tokenLoad }: StormJob): Promise<StormAnswer> => {
  const target = contender.targets[clientCredentialsName('ES256')];
  if (target === undefined) throw new TypeError('The contender issues no ES256 tokens.');
  const send = createSend(Number.POSITIVE_INFINITY);
  const during = async <Result>(work: () => Promise<Result>) => {
    const started = performance.now();
    let over = false;
    const asking = tokenLoads[tokenLoad](send, target, () => over);
    const result = await work();
    over = true;
    const { sent, beats } = await asking;
    const seconds = (performance.now() - started) / 1000;
    const took = (which: readonly Sent[]): readonly number[] => which.map((each) => each.took);
    return { result, window: { milliseconds: took(sent), undisturbed: took(undisturbed(sent, beats)), seconds } };
  };
  // Beside a load that asks on and on, the last of all would not come to send a form in the time that the server waits for one.
  const behind = tokenLoad === 'paced' ? afterOthers() : undefined;
  const people = startBehind(behind ?? [], 'storm/people_load.ts');
  const signInAll = async (volley: number): Promise<SignIns> => {
    people.send({ issuer: contender.issuer, volley });
    const answer = (await people.reply()) as SignIns | { readonly complaint: string };
    if ('complaint' in answer) throw new Error(String(answer.complaint));
    return answer;
  };
  await during(() => wait(warmUpSeconds * 1000));
  const restMegabytes = megabytesOf(contender.pid, 'VmRSS');
  for (let volley = 0; volley < warmUpVolleys; volley += 1) await during(() => signInAll(volley));
  const rounds: Round[] = [];
  for (let volley = warmUpVolleys; volley < warmUpVolleys + volleys[tokenLoad]; volley += 1) {
    const idle = await during(() => wait(idleSeconds * 1000));
    const stormy = await during(() => signInAll(volley));
    rounds.push({ idle: idle.window, storm: stormy.window, signIns: stormy.result });
  }
  await people.end();
  return { rounds, restMegabytes, peakMegabytes: megabytesOf(contender.pid, 'VmHWM') };
};

process.on('message', async (job: StormJob) => {
  process.send?.(await storm(job).catch((error: unknown) => ({ complaint: String(error) })));
});
process.once('disconnect', () => process.exit());
