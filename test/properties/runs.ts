// How often a property is tried: half as often every day. The same stories every time; PROPERTY_SEED tells others,
// PROPERTY_TIMES tells more, as `npm run soak` does.
import type { Parameters } from 'fast-check';

const { PROPERTY_SEED = '20261123', PROPERTY_TIMES = '0.5' } = process.env;

export const runs = (numRuns: number): Pick<Parameters<unknown>, 'numRuns' | 'seed'> => ({
  numRuns: Math.ceil(numRuns * Number(PROPERTY_TIMES)),
  seed: Number(PROPERTY_SEED),
});
