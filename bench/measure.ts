// What is measured, and what many measurements of one thing come to.

export interface Measurement {
  /** Answers of the kind that was wanted, within the window. */
  readonly answers: number;
  readonly seconds: number;
  /** Of the server, not of the load. */
  readonly cpuSeconds: number;
}

export type Range = readonly [least: number, most: number];

export interface Summary {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  /** The least and the most CPU microseconds of any round. */
  readonly range: Range;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
};

export const rangeOf = (values: readonly number[]): Range => [Math.min(...values), Math.max(...values)];

/** CPU microseconds an answer. */
export const costOf = ({ cpuSeconds, answers }: Measurement): number => (cpuSeconds / answers) * 1e6;

export const summarise = (rounds: readonly Measurement[]): Summary => {
  const costs = rounds.map(costOf);
  return {
    perSecond: median(rounds.map(({ answers, seconds }) => answers / seconds)),
    cpuMicroseconds: median(costs),
    range: rangeOf(costs),
  };
};
