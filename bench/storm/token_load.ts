// Two ways to ask for tokens while people sign in: as many connections as can be answered, each asking again at once, as the
// rounds of the bench have it, and at a steady pace that leaves the server idle most of the time.
import { setTimeout as wait } from 'node:timers/promises';
import type { Target } from '../contender.ts';
import type { Send } from '../flows/flow.ts';
import { connections } from '../lanes.ts';
import { type Beat, timeBeat } from './machine.ts';

/** A token asked for: when, and how long it took, in milliseconds. */
export interface Sent {
  readonly at: number;
  readonly took: number;
}

export interface Asked {
  readonly sent: readonly Sent[];
  /** None where the load itself keeps a processor busy. */
  readonly beats: readonly Beat[];
}

type Ask = (send: Send, target: Target, isOver: () => boolean) => Promise<Asked>;

export const tokensPerSecond = 500;

const askOnce = async (send: Send, target: Target): Promise<Sent> => {
  const at = performance.now();
  const { status } = await send(target);
  if (status !== 200) throw new Error(`The token endpoint answered ${status}.`);
  return { at, took: performance.now() - at };
};

const askOnAndOn: Ask = async (send, target, isOver) => {
  const sent: Sent[] = [];
  const keepAsking = async (): Promise<void> => {
    while (!isOver()) sent.push(await askOnce(send, target));
  };
  await Promise.all(Array.from({ length: connections }, keepAsking));
  return { sent, beats: [] };
};

/** Sends at the beat, whatever the answers before took: a server that stands still is asked on, and each asker waits. */
const askAtPace: Ask = async (send, target, isOver) => {
  const asking: Promise<Sent>[] = [];
  const beats: Beat[] = [];
  for (let due = performance.now(); !isOver(); due += 1000 / tokensPerSecond) {
    await wait(Math.max(0, due - performance.now()));
    asking.push(askOnce(send, target));
    beats.push(timeBeat());
  }
  return { sent: await Promise.all(asking), beats };
};

export const tokenLoads = { busy: askOnAndOn, paced: askAtPace } as const;

export type TokenLoad = keyof typeof tokenLoads;
