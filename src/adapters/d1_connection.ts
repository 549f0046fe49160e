// SqlConnection on Cloudflare D1: a query or a batch is the transaction, there is no other. The binding without a session
// reads and writes the primary, so what is spent once is spent everywhere.
import { sql } from 'drizzle-orm';
import { StoreUnavailableError } from '../seams/store.ts';
import { first, type Result, type SqlConnection } from './sql_connection.ts';
import type { Step } from './sql_statement.ts';
import { sqliteDialect } from './sqlite_dialect.ts';

/** What is used of Cloudflare's D1Database, so that the types of Workers are wanted by the entry alone. */
export interface D1Binding {
  prepare(text: string): D1Prepared;
  batch(statements: D1Prepared[]): Promise<readonly D1Answer[]>;
}

interface D1Prepared {
  bind(...values: unknown[]): D1Prepared;
  run(): Promise<D1Answer>;
  raw(): Promise<readonly unknown[][]>;
}

interface D1Answer {
  readonly results: readonly object[];
  readonly meta: { readonly changes: number };
}

/** A statement that fails on purpose undoes its batch: it follows a step that must, when that did not. */
const unlessChanged = "select json('') where changes() = 0";
const unlessFound = (text: string): string => `select json('') where not exists (${text})`;
const isNotMet = (error: unknown): boolean => String(error).includes('malformed JSON');

/** In D1's own words, but for what it says of a value that it cannot take. */
const wordsOf = (error: unknown): string => {
  const [, words] = /D1_ERROR: ([^\n]{1,300})/.exec(String(error)) ?? [];
  if (words === undefined) return '';
  const isOlder = /no such (table|column)|has no column/.test(words);
  return `: ${words}${isOlder ? '. Apply the migrations: npx wrangler d1 migrations apply keyturn --remote' : ''}`;
};

const toStoreError = (error: unknown): unknown =>
  error instanceof StoreUnavailableError || /constraint/i.test(String(error))
    ? error
    : new StoreUnavailableError(`D1 could not answer${wordsOf(error)}`, { cause: error });

const answerSeconds = 10;

/** @param secondsLeft - after which nothing may be waited for; what would come too late is not asked at all. */
const inTime = async <Answer>(ask: () => Promise<Answer>, secondsLeft: number): Promise<Answer> => {
  const seconds = Math.min(answerSeconds, secondsLeft);
  if (seconds <= 0) throw new StoreUnavailableError('D1 was not asked: the time of the request is up');
  const { promise: late, reject } = Promise.withResolvers<never>();
  const refuse = (): void => reject(new StoreUnavailableError(`D1 did not answer within ${Math.ceil(seconds)} s`));
  const timer = setTimeout(refuse, seconds * 1000);
  try {
    return await Promise.race([ask(), late]);
  } finally {
    clearTimeout(timer);
  }
};

/** D1 gives the rows of a batch by name: no statement selects two columns of one name. */
const resultOf = <Row>({ statement }: Step<Row>, { results, meta }: D1Answer): Result<Row> => {
  if (!statement.givesRows) return { changes: meta.changes, rows: [] };
  const rows = results.map((row) => statement.decode(Object.values(row)));
  return { changes: rows.length, rows };
};

const databaseClock = sql<number>`unixepoch()`;

const createBatch = (binding: D1Binding, secondsLeft: () => number) => {
  const bound = ({ statement, values }: Step): D1Prepared =>
    binding.prepare(statement.text).bind(...statement.parametersOf(values));
  const guardOf = ({ statement, values }: Step): D1Prepared =>
    statement.givesRows
      ? binding.prepare(unlessFound(statement.text)).bind(...statement.parametersOf(values))
      : binding.prepare(unlessChanged);
  /** @returns undefined when a step that must did not. */
  const batch = async (all: readonly Step[]): Promise<readonly Result<unknown>[] | undefined> => {
    const steps = all.filter(({ statement }) => !statement.locksOnly);
    if (steps.length === 0) return [];
    const queue = steps.flatMap((step) => (step.must ? [bound(step), guardOf(step)] : [bound(step)]));
    const places = steps.map((_, place) => place + steps.slice(0, place).filter(({ must }) => must).length);
    try {
      const answers = await inTime(() => binding.batch(queue), secondsLeft());
      return steps.flatMap((step, index) => {
        const answer = answers[places[index] ?? -1];
        return answer === undefined ? [] : [resultOf(step, answer)];
      });
    } catch (error) {
      if (isNotMet(error)) return undefined;
      throw toStoreError(error);
    }
  };
  return { bound, batch };
};

/** @param secondsLeft - how long the event at hand may still wait for answers; any time unless said otherwise. */
export const connectD1 = (
  binding: D1Binding,
  secondsLeft: () => number = () => Number.POSITIVE_INFINITY,
): SqlConnection => {
  const { bound, batch } = createBatch(binding, secondsLeft);
  const read = async <Row>(step: Step<Row>): Promise<readonly Row[]> => {
    try {
      const rows = await inTime(() => bound(step).raw(), secondsLeft());
      return rows.map((row) => step.statement.decode(row));
    } catch (error) {
      throw toStoreError(error);
    }
  };
  // Of these verbs the types follow from the steps, place by place, which the compiler cannot see through.
  const together = async (...steps: readonly Step[]) => (await batch(steps))?.map(({ rows }) => rows);
  const write = (...steps: readonly Step[]) => batch(steps);
  return {
    ...sqliteDialect,
    databaseClock,
    read,
    readInTurn: together as SqlConnection['readInTurn'],
    readTogether: together as SqlConnection['readTogether'],
    write: write as SqlConnection['write'],
    writeUnsynced: write as SqlConnection['writeUnsynced'],
    erase: write,
    lookup: (statement, key) => ({
      find: async (value) => first(await read(statement.with({ [key]: value }))),
      forget: () => undefined,
    }),
    // An invocation may make so many queries and no more.
    mostRows: 1000,
    oneAtATime: () => [],
    close: () => Promise.resolve(),
  };
};
