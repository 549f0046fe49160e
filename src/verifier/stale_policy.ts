// What to do when what is known of revocation is too old: refuse every token, or go on for a stated time.
import type { NumericDate } from './claims.ts';
import { assertWithin } from './option_bounds.ts';
import { TokenError } from './token_error.ts';

export type WhenStale =
  /** Refuse every token until the issuer is reached again: `revocation_stale`. */
  | 'fail-closed'
  /** Go on accepting what is not known to be revoked for so long, and refuse after that. */
  | { readonly failOpenSeconds: number };

export interface StaleRules {
  /** How old what is known may be. */
  readonly staleAfterSeconds: number;
  readonly failOpenSeconds: number;
}

const year = 365 * 86_400;

/** @throws {TypeError} */
export const readStaleRules = (whenStale: WhenStale | undefined, staleAfterSeconds: number): StaleRules => {
  if (whenStale !== undefined && whenStale !== 'fail-closed' && typeof whenStale !== 'object')
    throw new TypeError(
      `whenStale is ${JSON.stringify(whenStale)}, expected 'fail-closed' or { failOpenSeconds: 300 }.`,
    );
  const open = typeof whenStale === 'object' ? whenStale.failOpenSeconds : 0;
  return {
    staleAfterSeconds: assertWithin('staleAfterSeconds', staleAfterSeconds, 1, year),
    failOpenSeconds: assertWithin('failOpenSeconds', open, 0, year),
  };
};

/** @param asOf - when the issuer last said it. */
export const isStale = (asOf: NumericDate, now: NumericDate, { staleAfterSeconds }: StaleRules): boolean =>
  now - asOf > staleAfterSeconds;

/** @param asOf - when the issuer last said it. @throws {TokenError} revocation_stale */
export const assertNotStale = (asOf: NumericDate, now: NumericDate, rules: StaleRules): void => {
  const age = now - asOf;
  if (age <= rules.staleAfterSeconds + rules.failOpenSeconds) return;
  throw new TokenError(
    'revocation_stale',
    `What is known of revocation is ${Math.round(age)} s old; at most ${rules.staleAfterSeconds + rules.failOpenSeconds} s are allowed. Can the issuer be reached?`,
  );
};

export const notFetched = (what: string): TokenError =>
  new TokenError('revocation_stale', `${what} could not be fetched. Can the issuer be reached?`);
