// What is asked for too often is refused, and counted by the limit that it met.
import { OAuthError } from '../errors.ts';
import type { Provider } from '../provider.ts';
import type { LimitName } from '../seams/metrics.ts';
import type { Allowance } from '../seams/rate_limiter.ts';

/** @throws {OAuthError} rate_limited. */
export const takeAllowances = async (
  limit: LimitName,
  allowances: readonly Allowance[],
  { rateLimiter, metrics }: Pick<Provider, 'rateLimiter' | 'metrics'>,
): Promise<void> => {
  const waitSeconds = await rateLimiter.take(...allowances);
  if (waitSeconds === 0) return;
  metrics.rateLimited(limit);
  throw new OAuthError('rate_limited', { retryAfterSeconds: waitSeconds });
};
