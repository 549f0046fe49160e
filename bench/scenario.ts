import type { Contender, Target } from './contender.ts';

/** A contender in a scenario: where it is, and what to ask it. */
export interface Entrant {
  readonly name: string;
  readonly contender: Contender;
  readonly target: Target;
}

/** CPU microseconds of an answer, by the contender's name. */
export type CostOf = (contender: string) => number;

export interface Ratio {
  readonly words: string;
  readonly of: (costOf: CostOf) => number;
  /** What is aimed at; a ratio without a bound is for reading. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** One kind of request, asked of every contender that has a target for it. */
export interface Scenario {
  readonly name: string;
  /** Proves that the answers are right and comparable, before anything is measured. @throws {Error} saying what is wrong. */
  check(entrants: readonly Entrant[]): Promise<void>;
  readonly ratios: readonly Ratio[];
}

/** Sends a target's request once. @throws {Error} when the answer is not 2xx. */
export const ask = async ({ name, target }: Entrant): Promise<Response> => {
  const { url, ...request } = target;
  const response = await fetch(url, request);
  if (!response.ok)
    throw new Error(`${name} answered ${response.status} to ${target.method} ${url}: ${await response.text()}`);
  return response;
};
