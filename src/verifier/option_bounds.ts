// Refuses a number that cannot be right, when the verifier is set up and not when a token comes.

/** @throws {TypeError} */
export const assertWithin = (name: string, value: number, least: number, most: number): number => {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new TypeError(`${name} is ${value}, expected ${least} to ${most}.`);
};
