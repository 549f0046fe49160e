// SqlConnection on Postgres. Writes run beside each other (READ COMMITTED), each with the locks that its steps ask for.
import { sql } from 'drizzle-orm';
import { databaseClock, postgresDialect } from './postgres_dialect.ts';
import { createPostgresExecutor, type PostgresOutcome, type PostgresQuery } from './postgres_executor.ts';
import type { PostgresPool } from './postgres_pool.ts';
import { lockRow } from './postgres_revocation_schema.ts';
import { shareReads } from './shared_reads.ts';
import { first, type Result, type SqlConnection } from './sql_connection.ts';
import { prepareText, type Statement, type Step } from './sql_statement.ts';

const createTexts = (): ((statement: Statement<unknown>) => string) => {
  const texts = new WeakMap<Statement<unknown>, string>();
  return (statement) => {
    if (statement.locks === undefined) return statement.text;
    const known = texts.get(statement);
    if (known !== undefined) return known;
    const text = `${statement.text} for ${statement.locks}`;
    texts.set(statement, text);
    return text;
  };
};

const queryOf = ({ statement, values, must }: Step, text: string): PostgresQuery => ({
  text,
  values: statement.parametersOf(values),
  lasting: statement.lasting,
  must,
});

const resultOf = <Row>({ statement }: Step<Row>, { changes, rows }: PostgresOutcome): Result<Row> => ({
  changes,
  rows: statement.givesRows ? rows.map((row) => statement.decode(row)) : [],
});

const resultsOf = (steps: readonly Step[], outcomes: readonly PostgresOutcome[]): readonly Result<unknown>[] =>
  steps.flatMap((step, place) => {
    const outcome = outcomes[place];
    return outcome === undefined ? [] : [resultOf(step, outcome)];
  });

/** A row that exists to be locked, so that those who come after wait until the write is over. */
const passAlone = prepareText(
  postgresDialect,
  sql`select 1 from ${lockRow} where ${lockRow.name} = ${sql.placeholder('kind')} for update`,
  'finds rows',
);

/** Row by row what is overwritten stays in the files until they are written anew. */
const rewriteSigningKeys: PostgresQuery = { text: 'vacuum full signing_key', values: [], lasting: false, must: false };

/** A database that failed after so long did not answer: whoever has waited for that does not wait for it again. */
const silentMilliseconds = 400;

export const connectPostgres = (pool: PostgresPool): SqlConnection => {
  const { read, readInTurn, readTogether, write } = createPostgresExecutor(pool);
  const textOf = createTexts();
  const lockingQueryOf = (step: Step): PostgresQuery => queryOf(step, textOf(step.statement));
  const readOne = async <Row>(step: Step<Row>): Promise<readonly Row[]> =>
    resultOf(step, await read(queryOf(step, step.statement.text))).rows;
  const writeAll = async (...steps: readonly Step[]) => {
    const outcomes = await write(steps.map(lockingQueryOf));
    return outcomes && resultsOf(steps, outcomes);
  };
  const unsynced = async (...steps: readonly Step[]) =>
    resultsOf(steps, (await write(steps.map(lockingQueryOf), false)) ?? []);
  const rowsBy =
    (readAll: (queries: readonly PostgresQuery[]) => Promise<readonly PostgresOutcome[]>) =>
    async (...steps: readonly Step[]) => {
      const outcomes = await readAll(steps.map((step) => queryOf(step, step.statement.text)));
      return resultsOf(steps, outcomes).map(({ rows }) => rows);
    };
  return {
    ...postgresDialect,
    databaseClock,
    read: readOne,
    // Of these verbs the types follow from the steps, place by place, which the compiler cannot see through.
    readInTurn: rowsBy(readInTurn) as SqlConnection['readInTurn'],
    readTogether: rowsBy(readTogether) as SqlConnection['readTogether'],
    write: writeAll as SqlConnection['write'],
    writeUnsynced: unsynced as SqlConnection['writeUnsynced'],
    erase: async (...steps) => {
      const done = await writeAll(...steps);
      // It is erased already for whoever asks; a user who does not own the table cannot rewrite it.
      if (done !== undefined) await read(rewriteSigningKeys).catch(() => undefined);
      return done;
    },
    // Another node may have changed it just now, and would not be waited for: nothing is kept.
    lookup: (statement, key) => ({
      find: shareReads(async (value) => first(await readOne(statement.with({ [key]: value }))), silentMilliseconds),
      forget: () => undefined,
    }),
    mostRows: 1000,
    oneAtATime: (kind) => [passAlone.with({ kind })],
    close: () => pool.close(),
  };
};
