// How far a row of the fault table goes, and where it tells what it did: `npm run faults` sets both.
import { appendFileSync } from 'node:fs';

const whole = process.env.FAULTS === 'full';

/** @returns the bound of the quick form or of the whole one. */
export const bounded = <Bound>(quick: Bound, full: Bound): Bound => (whole ? full : quick);

/**
 * Tells what was done, how often, and what was measured of what must hold.
 *
 * @param row - as in rows.ts.
 */
export const tell = (row: string, did: string, held: string): void => {
  const file = process.env.FAULTS_TOLD;
  if (file === undefined) console.info(`${row}: ${did}; ${held}`);
  else appendFileSync(file, `${JSON.stringify({ row, did, held })}\n`);
};

export const inMilliseconds = (milliseconds: number): string => `${Math.round(milliseconds)} ms`;
