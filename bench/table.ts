// The report: one table of what was measured, one of what it is measured against. Markdown, aligned to be read as it is.
import { median, type Range, rangeOf, type Summary } from './measure.ts';
import type { Measured, Ratio } from './scenario.ts';

export interface Row extends Summary {
  readonly scenario: string;
  readonly contender: string;
}

const pad = (cells: readonly string[], widths: readonly number[], numeric: readonly boolean[]): string =>
  `| ${cells.map((cell, column) => (numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join(' | ')} |`;

const isNumeric = (cell: string | undefined): boolean => cell !== undefined && /^[\d.]/.test(cell);

export const plainTable = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const numeric = head.map((_, column) => rows.every((row) => isNumeric(row[column])));
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const rule = widths.map((width, column) => (numeric[column] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [head, rule, ...rows].map((row) => pad(row, widths, numeric)).join('\n');
};

export const between = ([least, most]: Range, decimals: number): string =>
  `${least.toFixed(decimals)} to ${most.toFixed(decimals)}`;

const cellsOf = ({ scenario, contender, perSecond, cpuMicroseconds, range }: Row): readonly string[] => [
  scenario,
  contender,
  perSecond.toFixed(0),
  cpuMicroseconds.toFixed(1),
  between(range, 1),
  (1e6 / cpuMicroseconds).toFixed(0),
];

export const measurementsTable = (rows: readonly Row[]): string =>
  plainTable(['scenario', 'contender', 'per second', 'CPU us each', 'rounds', 'per CPU second'], rows.map(cellsOf));

const verdictOf = ({ atMost, atLeast }: Ratio, value: number): string => {
  if (atMost === undefined && atLeast === undefined) return '';
  return value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? 0) ? 'met' : 'missed';
};

const aimOf = ({ atMost, atLeast }: Ratio): string => {
  if (atMost !== undefined) return `at most ${atMost}`;
  if (atLeast !== undefined) return `at least ${atLeast}`;
  return '';
};

const ratioCells = (ratio: Ratio, values: readonly number[]): readonly string[] => {
  const value = median(values);
  if (Number.isNaN(value)) return [ratio.words, 'not measured', '', aimOf(ratio), ''];
  return [ratio.words, value.toFixed(2), between(rangeOf(values), 2), aimOf(ratio), verdictOf(ratio, value)];
};

/** What one scenario's contenders cost, round by round: drift that hits a whole round leaves its ratios alone. */
export interface MeasuredRatios {
  readonly ratios: readonly Ratio[];
  readonly rounds: readonly Measured[];
}

export const ratiosTable = (scenarios: readonly MeasuredRatios[]): string =>
  plainTable(
    ['ratio', 'measured', 'rounds', 'aim', ''],
    scenarios.flatMap(({ ratios, rounds }) => ratios.map((ratio) => ratioCells(ratio, rounds.map(ratio.of)))),
  );
