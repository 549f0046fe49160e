// The times of a token in words. RFC 7519 §4.1.4 to §4.1.6.
import type { NumericDate } from '../seams/clock.ts';
import { instantInWords } from './instants.ts';

/** A time later than this is milliseconds by mistake: it is in the year 5138. */
const latestPlausible = 100_000_000_000;

const meaningOf = (name: 'iat' | 'nbf' | 'exp', at: number, now: NumericDate): string => {
  if (name === 'iat') return at > now ? 'ISSUED IN THE FUTURE' : 'issued';
  if (name === 'nbf') return at > now ? 'NOT VALID YET' : 'valid since';
  return at > now ? 'expires' : 'EXPIRED';
};

/** One line for each time there is. */
export const timesInWords = (claims: Readonly<Record<string, unknown>>, now: NumericDate): readonly string[] => {
  const lines: string[] = [];
  for (const name of ['iat', 'nbf', 'exp'] as const) {
    if (!Object.hasOwn(claims, name)) continue;
    const at = claims[name];
    if (typeof at !== 'number' || !Number.isFinite(at))
      lines.push(`${name}: no number of seconds; verifiers refuse it`);
    else if (Math.abs(at) > latestPlausible) lines.push(`${name}: ${at} looks like milliseconds; seconds are expected`);
    else lines.push(`${name}: ${meaningOf(name, at, now)} ${instantInWords(Math.trunc(at), now)}`);
  }
  if (!Object.hasOwn(claims, 'exp')) lines.push('exp: missing; it would never expire, and verifiers refuse it');
  return lines;
};
