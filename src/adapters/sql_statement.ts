// One statement of the repository as any database runs it: its text, its parameters by name, and what its rows mean.
import { Column, is, Param, Placeholder, type SQL, sql } from 'drizzle-orm';
import type { BaseSQLiteDatabase, SQLiteColumn, SQLiteSession } from 'drizzle-orm/sqlite-core';
import type { SqlTables } from './sql_tables.ts';

/** Builds statements. Nothing is run by it: its session only hands over what was built. */
export type StatementBuilder = BaseSQLiteDatabase<'sync', never>;

/** What a dialect makes of SQL. */
export interface Compiled {
  readonly sql: string;
  readonly params: unknown[];
}

/** A way to write SQL. The repository is typed by SQLite's; the tables of another have equal names and equal rows. */
export interface SqlDialect {
  readonly database: StatementBuilder;
  readonly tables: SqlTables;
  compile(text: SQL): Compiled;
}

/** A column, or an expression, that a row gives. */
interface Field {
  readonly path: readonly string[];
  readonly field: unknown;
}

interface Built {
  readonly query: Compiled;
  readonly fields: readonly Field[] | undefined;
}

/** drizzle's own extension point: a session prepares what a builder gives it. The types want the rest of a session too, which nothing here calls. */
export const buildingSession = {
  prepareQuery: (query: Compiled, fields: readonly Field[] | undefined): Built => ({ query, fields }),
} as unknown as SQLiteSession<'sync', never, Record<string, never>, Record<string, never>>;

/** A query of the builder, of which only the kind of rows is known here. */
interface Query {
  readonly all: unknown;
  prepare(): unknown;
}

/** The rows a query gives; `never` of one that gives none. */
export type RowOf<Given extends Query> = Given['all'] extends (...values: never[]) => readonly (infer Row)[]
  ? Row
  : never;

/** A statement with its values, as it is given to a database. */
export interface Step<Row = unknown> {
  readonly statement: Statement<Row>;
  readonly values: object;
  /** Where it changes no row, or finds none, nothing of the write stands. */
  readonly must: boolean;
}

export interface StatementOptions {
  /** For Postgres, whose writes run beside each other: the rows a select finds stay as they are until the write is over. */
  readonly locks?: 'share' | 'update';
  /** Nothing but the lock is wanted: where writes run one at a time it is left out. */
  readonly locksOnly?: boolean;
}

type Decode = (value: unknown) => unknown;

const decoderOf = (field: unknown): Decode | undefined =>
  is(field, Column) ? (value) => field.mapFromDriverValue(value) : undefined;

/** Expressions come as the driver gives them; columns are decoded. Rows are flat. */
const rowDecoder = (fields: readonly Field[]): ((row: readonly unknown[]) => unknown) => {
  const columns = fields.map(({ path, field }) => ({ name: path.join('.'), decode: decoderOf(field) }));
  return (row) => {
    const decoded: Record<string, unknown> = {};
    for (const [place, { name, decode }] of columns.entries()) {
      const value = row[place];
      decoded[name] = decode === undefined || value === null ? value : decode(value);
    }
    return decoded;
  };
};

type Fill = (values: Readonly<Record<string, unknown>>) => unknown;

const givenValue = (values: Readonly<Record<string, unknown>>, name: string): unknown => {
  const value = values[name];
  if (value === undefined) throw new TypeError(`a statement was given no value for "${name}"`);
  return value;
};

/** What is known when the statement is made is looked at then: a hot statement is filled thousands of times a second. */
const fillOf = (parameter: unknown): Fill => {
  if (is(parameter, Placeholder)) {
    const { name } = parameter;
    return (values) => givenValue(values, name);
  }
  if (!is(parameter, Param) || !is(parameter.value, Placeholder)) return () => parameter;
  const { encoder } = parameter;
  const { name } = parameter.value;
  return (values) => encoder.mapToDriverValue(givenValue(values, name));
};

interface Ready {
  readonly text: string;
  readonly fills: readonly Fill[];
  readonly decode: ((row: readonly unknown[]) => unknown) | undefined;
}

export class Statement<Row> {
  readonly locks: 'share' | 'update' | undefined;
  readonly locksOnly: boolean;
  /** Made once and run again and again: worth preparing. */
  readonly lasting: boolean;
  readonly #build: () => Built;
  #ready: Ready | undefined;

  constructor(build: () => Built, lasting: boolean, { locks, locksOnly = false }: StatementOptions) {
    this.#build = build;
    this.lasting = lasting;
    this.locks = locks;
    this.locksOnly = locksOnly;
  }

  #made(): Ready {
    if (this.#ready === undefined) {
      const { query, fields } = this.#build();
      this.#ready = { text: query.sql, fills: query.params.map(fillOf), decode: fields && rowDecoder(fields) };
    }
    return this.#ready;
  }

  /** The SQL, with the parameters of its dialect. */
  get text(): string {
    return this.#made().text;
  }

  get givesRows(): boolean {
    return this.#made().decode !== undefined;
  }

  /** @returns a driver's parameters, in the order of the text. */
  parametersOf(values: object): unknown[] {
    // A record has no index signature; each name is looked for in it, and missed aloud.
    const named = values as Readonly<Record<string, unknown>>;
    return this.#made().fills.map((fill) => fill(named));
  }

  /** @param row - as a driver gives it, a value for each column. */
  decode(row: readonly unknown[]): Row {
    // What the fields of the query are is what RowOf says of it.
    return this.#made().decode?.(row) as Row;
  }

  with(values: object = {}): Step<Row> {
    return { statement: this, values, must: false };
  }

  /** As `with`, and the write stands or falls with it. */
  must(values: object = {}): Step<Row> {
    return { statement: this, values, must: true };
  }
}

/** A statement that is made once. Its text is made when it is first run. */
export const prepare = <Given extends Query>(query: Given, options: StatementOptions = {}): Statement<RowOf<Given>> =>
  new Statement<RowOf<Given>>(() => query.prepare() as Built, true, options);

/** The step of a statement that is made for this one time: what it says depends on what was asked. */
export const once = <Given extends Query>(query: Given): Step<RowOf<Given>> =>
  new Statement<RowOf<Given>>(() => query.prepare() as Built, false, {}).with();

/** What the builder has no words for. Of its rows only the number is known. */
export const prepareText = (
  { compile }: Pick<SqlDialect, 'compile'>,
  text: SQL,
  kind: 'changes rows' | 'finds rows' = 'changes rows',
): Statement<never> =>
  new Statement<never>(() => ({ query: compile(text), fields: kind === 'finds rows' ? [] : undefined }), true, {});

/** @returns a placeholder for each column, named as its property: a prepared insert then takes a record as it is. */
export const placeholders = <Name extends string>(
  columns: Readonly<Record<Name, unknown>>,
): Record<Name, Placeholder> =>
  // Object.fromEntries forgets the names.
  Object.fromEntries(Object.keys(columns).map((name) => [name, sql.placeholder(name)])) as Record<Name, Placeholder>;

/** As `placeholders`, for the columns of an update. */
export const replacements = <Name extends string>(columns: Readonly<Record<Name, unknown>>): Record<Name, SQL> =>
  // The types of update know no placeholder; its code makes a parameter of it, which the column encodes.
  placeholders(columns) as unknown as Record<Name, SQL>;

/** @returns the value of that name, where a column is set to it. */
export const given = (name: string): SQL => sql`${sql.placeholder(name)}`;

/** @returns the whole number of that name, where no column beside it says what it is. */
export const givenNumber = (name: string): SQL<number> => sql<number>`cast(${sql.placeholder(name)} as bigint)`;

/** @returns the text of that name, where no column beside it says what it is. */
export const givenText = (name: string): SQL<string> => sql<string>`cast(${sql.placeholder(name)} as text)`;

/** Whether a column that is never negative holds the whole number of that name; null holds null, which equals nothing in SQL. */
export const holdsNumber = (column: SQLiteColumn, name: string): SQL =>
  sql`coalesce(${column}, -1) = coalesce(${givenNumber(name)}, -1)`;

/** What is selected where all that is asked is whether there is a row. */
export const one = { one: sql`1` };

/** The greater of two, and the lesser: SQLite and Postgres have different words for them. */
export const greater = (one: unknown, other: unknown): SQL =>
  sql`case when ${one} > ${other} then ${one} else ${other} end`;

export const lesser = (one: unknown, other: unknown): SQL =>
  sql`case when ${one} < ${other} then ${one} else ${other} end`;
