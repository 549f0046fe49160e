// How often a property is tried: a quarter as often every day. The same stories every time; PROPERTY_SEED tells others,
// PROPERTY_TIMES tells more, as `npm run soak` does.
import type { Parameters } from 'fast-check';

const { PROPERTY_SEED = '20261123', PROPERTY_TIMES = '0.25' } = process.env;

export const times = (numRuns: number): number => Math.ceil(numRuns * Number(PROPERTY_TIMES));

export const runs = (numRuns: number): Pick<Parameters<unknown>, 'numRuns' | 'seed'> => ({
  numRuns: times(numRuns),
  seed: Number(PROPERTY_SEED),
});
