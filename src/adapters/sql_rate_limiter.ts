// RateLimiter in SQL: GCRA in one statement, so that racing requests and nodes share one allowance (T098). Nothing waits
// for the disk where that can be helped: a power failure may give back what was taken in the instant before it, which no
// attacker can bring about.
import { eq, sql } from 'drizzle-orm';
import type { Clock } from '../seams/clock.ts';
import type { RateLimiter } from '../seams/rate_limiter.ts';
import { StoreUnavailableError } from '../seams/store.ts';
import type { SqlConnection } from './sql_connection.ts';
import { prepare } from './sql_statement.ts';

/** What adding fractions of seconds to a NumericDate may be off by, generously: a double holds it to 0.24 µs. */
const errorSeconds = 1e-4;

const fraction = (name: string) => sql`cast(${sql.placeholder(name)} as double precision)`;
const now = fraction('now');
const emission = fraction('emission');
/** How far ahead of now the arrival time may be for one more to be allowed. */
const tolerance = fraction('tolerance');

const prepareTake = ({ database, tables: { rateLimit } }: SqlConnection) => {
  const latest = sql`${now} + ${tolerance} + ${emission}`;
  /**
   * The theoretical arrival time, never in the past. One too far ahead (the clock was set back, the limit was lowered) is
   * cut down to an allowance used up.
   */
  const arrival = sql`case when ${rateLimit.arrivalAt} < ${now} then ${now} when ${rateLimit.arrivalAt} > ${latest} then ${latest} else ${rateLimit.arrivalAt} end`;
  const allowed = sql`${arrival} - ${now} <= ${tolerance} + ${errorSeconds}`;
  return prepare(
    database
      .insert(rateLimit)
      .values({ key: sql.placeholder('key'), arrivalAt: sql`${now} + ${emission}`, allowed: true })
      .onConflictDoUpdate({
        target: rateLimit.key,
        set: { allowed, arrivalAt: sql`${arrival} + case when ${allowed} then ${emission} else 0 end` },
      })
      .returning({ allowed: rateLimit.allowed, arrivalAt: rateLimit.arrivalAt }),
  );
};

export const createSqlRateLimiter = (connection: SqlConnection, clock: Clock): RateLimiter => {
  const { database, tables, writeUnsynced } = connection;
  const takeOne = prepareTake(connection);
  const forget = prepare(database.delete(tables.rateLimit).where(eq(tables.rateLimit.key, sql.placeholder('key'))));
  return {
    take: async (key, { burst, emissionSeconds }) => {
      const at = clock.now();
      const toleranceSeconds = (burst - 1) * emissionSeconds;
      const values = { key, now: at, emission: emissionSeconds, tolerance: toleranceSeconds };
      const [taken] = (await writeUnsynced(takeOne.with(values))).rows;
      if (taken === undefined) throw new StoreUnavailableError('a rate limit was not answered');
      if (taken.allowed) return 0;
      return Math.max(1, Math.ceil(taken.arrivalAt - at - toleranceSeconds - errorSeconds));
    },
    reset: async (key) => {
      await writeUnsynced(forget.with({ key }));
    },
  };
};
