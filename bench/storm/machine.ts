// Whether the machine itself ran as usual: a little work that is always the same, timed at every beat by a process that waits
// for none beside it. Where virtual processors are held back for a while, it takes ten times as long, and so does a server.
import { median } from '../measure.ts';
import type { Sent } from './token_load.ts';

/** Some 40 us. */
const steps = 30_000;
/** More than a neighbour on the same core makes of it. */
const timesUsual = 4;
/** Two beats are 2 ms apart, and the first of a slow spell may come late. */
const marginMilliseconds = 10;

export interface Beat {
  readonly at: number;
  readonly took: number;
}

export const timeBeat = (): Beat => {
  const at = performance.now();
  let value = 1;
  for (let step = 0; step < steps; step += 1) value = (Math.imul(value, 31) + step) | 0;
  // What is not used may not be computed.
  return { at, took: value === 0.5 ? 0 : performance.now() - at };
};

/** @param beats - in order. @returns those that were under way while the machine ran as usual. */
export const undisturbed = (sent: readonly Sent[], beats: readonly Beat[]): readonly Sent[] => {
  const usual = median(beats.map(({ took }) => took));
  const slow = beats.filter(({ took }) => took > timesUsual * usual).map(({ at }) => at);
  return sent.filter(
    ({ at, took }) => !slow.some((beat) => beat > at - marginMilliseconds && beat < at + took + marginMilliseconds),
  );
};
