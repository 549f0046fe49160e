// RateLimiter in SQL: GCRA in one statement, so that racing requests and nodes share one allowance (T098), and all the
// allowances of a request in one trip to the database. Nothing waits for the disk where that can be helped: a power failure
// may give back what was taken in the instant before it, which no attacker can bring about.
import { eq, sql } from 'drizzle-orm';
import type { Clock } from '../seams/clock.ts';
import { type Allowance, mostAllowances, type RateLimit, type RateLimiter } from '../seams/rate_limiter.ts';
import { StoreUnavailableError } from '../seams/store.ts';
import type { SqlConnection } from './sql_connection.ts';
import { givenText, prepare } from './sql_statement.ts';

/** What adding fractions of seconds to a NumericDate may be off by, generously: a double holds it to 0.24 µs. */
const errorSeconds = 1e-4;

const fraction = (name: string) => sql`cast(${sql.placeholder(name)} as double precision)`;
const now = fraction('now');
const emission = fraction('emission');
/** How far ahead of now the arrival time may be for one more to be allowed. */
const tolerance = fraction('tolerance');

/** The keys taken from before, in the same write. Where one of them is refused now, nothing is taken of this. */
const earlierNames = Array.from({ length: mostAllowances - 1 }, (_, place) => `earlier${place}`);

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
      .select(
        sql`select ${givenText('key')}, ${now} + ${emission}, true where not exists (select 1 from ${rateLimit} where ${rateLimit.key} in (${sql.join(earlierNames.map(givenText), sql`, `)}) and not ${rateLimit.allowed})`,
      )
      .onConflictDoUpdate({
        target: rateLimit.key,
        set: { allowed, arrivalAt: sql`${arrival} + case when ${allowed} then ${emission} else 0 end` },
      })
      .returning({ allowed: rateLimit.allowed, arrivalAt: rateLimit.arrivalAt }),
  );
};

/** An arrival time in the past is that of a whole allowance, however far. */
const prepareGiveBack = ({ database, tables: { rateLimit } }: SqlConnection) =>
  prepare(
    database
      .update(rateLimit)
      .set({ arrivalAt: sql`${rateLimit.arrivalAt} - ${emission}` })
      .where(eq(rateLimit.key, sql.placeholder('key'))),
  );

const toleranceOf = ({ burst, emissionSeconds }: RateLimit): number => (burst - 1) * emissionSeconds;

const valuesOf = ([key, limit]: Allowance, earlier: readonly Allowance[], now: number) => ({
  key,
  now,
  emission: limit.emissionSeconds,
  tolerance: toleranceOf(limit),
  // No allowance has the empty key.
  ...Object.fromEntries(earlierNames.map((name, place) => [name, earlier[place]?.[0] ?? ''])),
});

export const createSqlRateLimiter = (connection: SqlConnection, clock: Clock): RateLimiter => {
  const { database, tables, writeUnsynced } = connection;
  const takeOne = prepareTake(connection);
  const giveOneBack = prepareGiveBack(connection);
  const forget = prepare(database.delete(tables.rateLimit).where(eq(tables.rateLimit.key, sql.placeholder('key'))));
  return {
    take: async (...allowances) => {
      if (allowances.length > mostAllowances) throw new TypeError(`at most ${mostAllowances} allowances at once`);
      const at = clock.now();
      const steps = allowances.map((allowance, place) =>
        takeOne.with(valuesOf(allowance, allowances.slice(0, place), at)),
      );
      const results = await writeUnsynced(...steps);
      for (const [place, [, limit]] of allowances.entries()) {
        const taken = results[place]?.rows[0];
        if (taken === undefined) throw new StoreUnavailableError('a rate limit was not answered');
        if (!taken.allowed) return Math.max(1, Math.ceil(taken.arrivalAt - at - toleranceOf(limit) - errorSeconds));
      }
      return 0;
    },
    giveBack: async (...allowances) => {
      await writeUnsynced(
        ...allowances.map(([key, { emissionSeconds }]) => giveOneBack.with({ key, emission: emissionSeconds })),
      );
    },
    reset: async (...keys) => {
      await writeUnsynced(...keys.map((key) => forget.with({ key })));
    },
  };
};
