import type { Contender, Target } from './contender.ts';
import type { Flow } from './flows/flow.ts';

/** A contender in a scenario: where it is, and what to ask it, over and over or as a flow. */
export interface Entrant {
  readonly name: string;
  readonly contender: Contender;
  readonly target?: Target;
  readonly flow?: Flow;
}

export interface Figures {
  /** Of one answer. */
  readonly cpuMicroseconds: number;
  readonly perSecond: number;
}

/** What was measured, by the contender's name. */
export type Measured = (contender: string) => Figures;

export interface Ratio {
  readonly words: string;
  readonly of: (measured: Measured) => number;
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

/** The one comparison made in every scenario that the other issuer takes part in. */
export const overOidcProvider = (words: string, atLeast?: number): Ratio => ({
  words,
  of: (measured) => measured('oidc_provider').cpuMicroseconds / measured('keyturn').cpuMicroseconds,
  ...(atLeast !== undefined && { atLeast }),
});

/** Sends a target's request once. @throws {Error} when the answer is not 2xx. */
export const ask = async ({ name, target }: Entrant): Promise<Response> => {
  if (target === undefined) throw new TypeError(`${name} has no target to ask here.`);
  const { url, ...request } = target;
  const response = await fetch(url, request);
  if (!response.ok)
    throw new Error(`${name} answered ${response.status} to ${target.method} ${url}: ${await response.text()}`);
  return response;
};
