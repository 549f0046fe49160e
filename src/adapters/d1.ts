// Store and RateLimiter on a Cloudflare D1 database, whose migrations wrangler has applied.
import type { Clock } from '../seams/clock.ts';
import { connectD1, type D1Binding } from './d1_connection.ts';
import { composeSqlStore, type OpenedStore } from './sql_store.ts';

/** @param secondsLeft - as connectD1 takes it. */
export const openD1 = (binding: D1Binding, clock: Clock, secondsLeft?: () => number): OpenedStore =>
  composeSqlStore(connectD1(binding, secondsLeft), clock);
