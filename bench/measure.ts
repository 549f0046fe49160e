// What is measured, and what many measurements of one thing come to.

export interface Measurement {
  /** Answers of the kind that was wanted, within the window. */
  readonly answers: number;
  readonly seconds: number;
  /** Of the server, not of the load. */
  readonly cpuSeconds: number;
  /** Of all processes of its Postgres, where it has one. */
  readonly databaseCpuSeconds?: number;
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

export const figuresOf = ({ answers, seconds, cpuSeconds }: Measurement) => ({
  cpuMicroseconds: (cpuSeconds / answers) * 1e6,
  perSecond: answers / seconds,
});

export const summarise = (rounds: readonly Measurement[]): Summary => {
  const figures = rounds.map(figuresOf);
  const costs = figures.map(({ cpuMicroseconds }) => cpuMicroseconds);
  return {
    perSecond: median(figures.map(({ perSecond }) => perSecond)),
    cpuMicroseconds: median(costs),
    range: rangeOf(costs),
  };
};
