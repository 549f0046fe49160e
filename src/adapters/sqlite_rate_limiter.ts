// RateLimiter on SQLite: GCRA in one statement, so that racing requests and nodes share one allowance (T098). Nothing waits
// for the disk: a power failure may give back what was taken in the instant before it, which no attacker can bring about.
import { eq, sql } from 'drizzle-orm';
import type { Clock } from '../seams/clock.ts';
import type { RateLimiter } from '../seams/rate_limiter.ts';
import type { SqliteConnection } from './better_sqlite3_connection.ts';
import type { SqliteDatabase } from './better_sqlite3_database.ts';
import { rateLimit } from './sqlite_schema.ts';

/** What adding fractions of seconds to a NumericDate may be off by, generously: a double holds it to 0.24 µs. */
const errorSeconds = 1e-4;

const now = sql.placeholder('now');
const emission = sql.placeholder('emission');
/** How far ahead of now the arrival time may be for one more to be allowed. */
const tolerance = sql.placeholder('tolerance');

/**
 * The theoretical arrival time, never in the past. One too far ahead (the clock was set back, the limit was lowered) is
 * cut down to an allowance used up.
 */
const arrival = sql`min(max(${rateLimit.arrivalAt}, ${now}), ${now} + ${tolerance} + ${emission})`;
const allowed = sql`${arrival} - ${now} <= ${tolerance} + ${errorSeconds}`;

const prepareTake = (database: SqliteDatabase) =>
  database
    .insert(rateLimit)
    .values({ key: sql.placeholder('key'), arrivalAt: sql`${now} + ${emission}`, allowed: true })
    .onConflictDoUpdate({
      target: rateLimit.key,
      set: { allowed, arrivalAt: sql`${arrival} + iif(${allowed}, ${emission}, 0)` },
    })
    .returning({ allowed: rateLimit.allowed, arrivalAt: rateLimit.arrivalAt })
    .prepare();

export const createSqliteRateLimiter = ({ database, writeUnsynced }: SqliteConnection, clock: Clock): RateLimiter => {
  const takeOne = prepareTake(database);
  return {
    take: async (key, { burst, emissionSeconds }) => {
      const at = clock.now();
      const toleranceSeconds = (burst - 1) * emissionSeconds;
      const taken = await writeUnsynced(() =>
        takeOne.get({ key, now: at, emission: emissionSeconds, tolerance: toleranceSeconds }),
      );
      if (taken.allowed) return 0;
      return Math.max(1, Math.ceil(taken.arrivalAt - at - toleranceSeconds - errorSeconds));
    },
    reset: (key) =>
      writeUnsynced(() => {
        database.delete(rateLimit).where(eq(rateLimit.key, key)).run();
      }),
  };
};
